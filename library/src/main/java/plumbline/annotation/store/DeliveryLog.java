package plumbline.annotation.store;

import java.time.Instant;

/**
 * How far a delivery is.
 *
 * @param state {@code waiting}, {@code delivered} or {@code given_up}
 * @param nextAt when it is tried again, where it waits
 * @param lastResult of the last attempt; empty before the first
 */
public record DeliveryLog(
    long id,
    long webhookId,
    String event,
    String state,
    int attempts,
    Instant nextAt,
    String lastResult,
    Instant created) {}
