package plumbline.annotation.store;

import java.time.Instant;

/**
 * Failed sign-ins since the last success.
 *
 * @param last when the last one was; the epoch where there is none
 */
public record SignInCount(int failed, Instant last) {}
