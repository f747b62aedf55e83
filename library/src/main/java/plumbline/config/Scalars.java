package plumbline.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What an unquoted text means. Stricter than YAML 1.1 about booleans (only {@code true} and {@code
 * false}, so that {@code no} and {@code on} stay texts) and more generous about numbers ({@code
 * 1e-5} is one).
 */
final class Scalars {
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\d[\\d_]*(\\.[\\d_]*)?|\\.\\d[\\d_]*)([eE][-+]?\\d{1,4})?");
  private static final Pattern INFINITY = Pattern.compile("[-+]?\\.(inf|Inf|INF)");

  private Scalars() {}

  static boolean isNull(String text) {
    return NULLS.contains(text);
  }

  /** Whether the text, unquoted, would be something else than a text. */
  static boolean looksTyped(String text) {
    return isNull(text) || bool(text).isPresent() || number(text).isPresent();
  }

  static Optional<Boolean> bool(String text) {
    return switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /** A number, possibly infinite ({@code .inf}), never NaN. */
  static Optional<Double> number(String text) {
    if (INFINITY.matcher(text).matches()) {
      return Optional.of(
          text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    }
    if (!DECIMAL.matcher(text).matches()) {
      return Optional.empty();
    }
    double value = Double.parseDouble(text.replace("_", ""));
    return Double.isInfinite(value) ? Optional.empty() : Optional.of(value);
  }

  /** A whole number, however it is written: {@code 1000}, {@code 1_000}, {@code 1e3}. */
  static Optional<Long> whole(String text) {
    Optional<Double> near = number(text);
    if (near.isEmpty() || Math.abs(near.get()) > 1e19) {
      return Optional.empty();
    }
    try {
      BigInteger exact = new BigDecimal(text.replace("_", "")).toBigIntegerExact();
      return Optional.of(exact.longValueExact());
    } catch (ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** A number as YAML that every reader takes for a number: {@code 0.2}, {@code 1.0e-5}. */
  static String format(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? ".inf" : "-.inf";
    }
    String text = Double.toString(value);
    return text.contains("E-") ? text.replace("E-", "e-") : text.replace("E", "e+");
  }

  /** A number for people: whole numbers without a point. */
  static String brief(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : format(value);
  }
}
