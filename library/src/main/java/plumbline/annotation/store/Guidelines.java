package plumbline.annotation.store;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * One version of what annotators should go by.
 *
 * @param version from 1
 * @param author empty where the server or the command line published it
 */
public record Guidelines(
    long projectId, int version, String markdown, OptionalLong author, Instant created) {}
