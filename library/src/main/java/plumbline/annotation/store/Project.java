package plumbline.annotation.store;

import java.time.Instant;

/**
 * What people work on.
 *
 * @param slug its name in addresses: small letters, digits and hyphens
 * @param guidelines the newest version's number, 0 where there are none
 */
public record Project(
    long id,
    String slug,
    String title,
    ProjectState state,
    ProjectSettings settings,
    int guidelines,
    Instant created) {}
