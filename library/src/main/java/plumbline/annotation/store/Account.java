package plumbline.annotation.store;

import java.time.Instant;

/**
 * Somebody who may sign in.
 *
 * @param name unique without regard to case
 * @param group which response sets are shown; empty for none of their own
 */
public record Account(
    long id, String name, Role role, String group, boolean active, Instant created) {}
