package plumbline.annotation.store;

import java.time.Instant;

/** Somebody signed in. The token itself is not stored, only its hash. */
public record Session(Account account, Instant created, Instant expires) {}
