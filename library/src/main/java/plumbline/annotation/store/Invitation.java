package plumbline.annotation.store;

import java.time.Instant;
import java.util.OptionalLong;

/**
 * A link to join once.
 *
 * @param createdBy empty for the first admin's
 * @param redeemedBy who joined with it; empty while it is open
 */
public record Invitation(
    long id,
    Role role,
    String group,
    OptionalLong createdBy,
    Instant created,
    Instant expires,
    OptionalLong redeemedBy) {}
