package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * A number read from a summary, with what is known of its uncertainty.
 *
 * @param mean the number, finite
 * @param low lower end of its 95% interval, NaN without one
 * @param high upper end, NaN without one
 * @param std standard deviation of the values behind it, NaN where not given
 * @param n number of values behind it, -1 where not given
 */
record Estimate(double mean, double low, double high, double std, long n) {
  /** From {@code {mean, low?, high?, std?, n?}} or a bare number; empty for anything else. */
  static Optional<Estimate> of(JsonNode node) {
    double mean = number(node.isObject() ? node.path("mean") : node);
    if (!Double.isFinite(mean)) {
      return Optional.empty();
    }
    return Optional.of(
        new Estimate(
            mean,
            number(node.path("low")),
            number(node.path("high")),
            number(node.path("std")),
            node.path("n").asLong(-1)));
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }

  boolean hasInterval() {
    return Double.isFinite(low) && Double.isFinite(high) && low <= high;
  }

  boolean excludes(double value) {
    return hasInterval() && (low > value || high < value);
  }
}
