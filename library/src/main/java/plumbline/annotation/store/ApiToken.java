package plumbline.annotation.store;

import java.time.Instant;
import java.util.Optional;

/** A token for the REST API, without the token. */
public record ApiToken(
    long id,
    long accountId,
    String label,
    Instant created,
    Optional<Instant> expires,
    Optional<Instant> revoked) {}
