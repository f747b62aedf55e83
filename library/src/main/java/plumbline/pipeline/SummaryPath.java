package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.eval.Interval;

/**
 * A place in a stage's {@code summary.json}: keys and positions in lists with dots between them.
 * Keys may have dots of their own: {@code differences.combined-0.25.preference}.
 */
record SummaryPath(String dotted) {
  /** Keys under which an estimate stands beside its {@code low} and {@code high}. */
  private static final List<String> ESTIMATES =
      List.of("mean", "value", "difference", "rate", "estimate");

  /** What stands there, if anything does. */
  Optional<JsonNode> in(JsonNode root) {
    return find(root, dotted);
  }

  private static Optional<JsonNode> find(JsonNode node, String rest) {
    if (rest.isEmpty()) {
      return Optional.of(node);
    }
    if (node.isArray()) {
      String head = rest.replaceFirst("\\..*", "");
      boolean isPosition = head.matches("\\d{1,6}") && Integer.parseInt(head) < node.size();
      return isPosition
          ? find(
              node.get(Integer.parseInt(head)),
              rest.substring(Math.min(rest.length(), head.length() + 1)))
          : Optional.empty();
    }
    for (String key : keys(node)) {
      if (rest.equals(key)) {
        return Optional.of(node.get(key));
      }
      if (rest.startsWith(key + ".")) {
        Optional<JsonNode> found = find(node.get(key), rest.substring(key.length() + 1));
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private static List<String> keys(JsonNode node) {
    List<String> keys = new ArrayList<>();
    node.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /**
   * The estimate that stands there with its interval: {@code {mean, low, high}}, with {@code
   * value}, {@code difference}, {@code rate} or {@code estimate} for {@code mean}, or {@code
   * [estimate, low, high]}.
   */
  Optional<Interval> interval(JsonNode root) {
    return in(root).flatMap(SummaryPath::estimate);
  }

  private static Optional<Interval> estimate(JsonNode node) {
    if (node.isArray() && node.size() == 3) {
      return interval(node.get(0), node.get(1), node.get(2));
    }
    return ESTIMATES.stream()
        .filter(name -> node.path(name).isNumber())
        .findFirst()
        .flatMap(name -> interval(node.get(name), node.path("low"), node.path("high")));
  }

  private static Optional<Interval> interval(JsonNode mean, JsonNode low, JsonNode high) {
    boolean finite =
        List.of(mean, low, high).stream()
            .allMatch(n -> n.isNumber() && Double.isFinite(n.doubleValue()));
    return finite && low.doubleValue() <= high.doubleValue()
        ? Optional.of(new Interval(mean.doubleValue(), low.doubleValue(), high.doubleValue()))
        : Optional.empty();
  }

  /** The longest beginning of the path that is there, and the keys that follow it. */
  String nearest(JsonNode root) {
    String there = dotted;
    while (!there.isEmpty() && new SummaryPath(there).in(root).isEmpty()) {
      there = there.contains(".") ? there.substring(0, there.lastIndexOf('.')) : "";
    }
    JsonNode node = new SummaryPath(there).in(root).orElseThrow();
    String where = there.isEmpty() ? "summary.json" : "'" + there + "'";
    return node.isArray()
        ? where + " is a list of " + node.size()
        : node.isObject() ? where + " has " + keys(node) : where + " is " + node;
  }
}
