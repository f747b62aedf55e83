package plumbline.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateLimitTest {
  private long nanos;

  @Test
  void bucketsEmptyAtOnceAndFillSteadily() {
    RateLimit limit = new RateLimit(3, 60, () -> nanos);
    for (int i = 0; i < 3; i++) {
      assertThat(limit.take("a")).isTrue();
    }
    assertThat(limit.take("a")).isFalse();
    assertThat(limit.take("b")).isTrue();

    nanos = 1_000_000_000L;
    assertThat(limit.take("a")).isTrue();
    assertThat(limit.take("a")).isFalse();

    nanos = 3_600_000_000_000L;
    for (int i = 0; i < 3; i++) {
      assertThat(limit.take("a")).isTrue();
    }
    assertThat(limit.take("a")).isFalse();
  }
}
