package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.eval.Interval;

/**
 * A place in a stage's {@code summary.json}: keys with dots between them, which may have dots of
 * their own: {@code differences.combined-0.25.preference}. In a list an element goes by its
 * position or by what it is called: {@code winrates.combined-0.25/preference}.
 */
record SummaryPath(String dotted) {
  /** Keys that name an element of a list. */
  private static final List<String> NAMES = List.of("id", "name", "run", "model");

  /** Keys under which an estimate stands beside its {@code low} and {@code high}. */
  private static final List<String> ESTIMATES =
      List.of("mean", "value", "difference", "rate", "estimate", "win_rate");

  /** What stands there, if anything does. */
  Optional<JsonNode> in(JsonNode root) {
    return find(root, dotted);
  }

  private static Optional<JsonNode> find(JsonNode node, String rest) {
    if (rest.isEmpty()) {
      return Optional.of(node);
    }
    for (Map.Entry<String, JsonNode> child : children(node).entrySet()) {
      String key = child.getKey();
      if (rest.equals(key)) {
        return Optional.of(child.getValue());
      }
      if (rest.startsWith(key + ".")) {
        Optional<JsonNode> found = find(child.getValue(), rest.substring(key.length() + 1));
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  /** Elements of a list go by their position and by their names, the first of each. */
  private static Map<String, JsonNode> children(JsonNode node) {
    Map<String, JsonNode> children = new LinkedHashMap<>();
    node.properties().forEach(child -> children.put(child.getKey(), child.getValue()));
    for (int i = 0; i < node.size() && node.isArray(); i++) {
      JsonNode element = node.get(i);
      children.put(Integer.toString(i), element);
      for (String name : NAMES) {
        if (element.path(name).isTextual()) {
          children.putIfAbsent(element.get(name).asText(), element);
        }
      }
      if (element.has("model") && element.has("baseline")) {
        String pair = element.get("model").asText() + "/" + element.get("baseline").asText();
        children.putIfAbsent(pair, element);
      }
    }
    return children;
  }

  /**
   * The estimate that stands there with its interval: {@code {mean, low, high}}, with {@code
   * value}, {@code difference}, {@code rate}, {@code estimate} or {@code win_rate} for {@code
   * mean}, and {@code interval: [low, high]} for the ends; or {@code [estimate, low, high]}.
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
        .flatMap(
            name ->
                node.path("interval").size() == 2
                    ? interval(node.get(name), node.at("/interval/0"), node.at("/interval/1"))
                    : interval(node.get(name), node.path("low"), node.path("high")));
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
    return node.isContainerNode()
        ? where + " has " + children(node).keySet()
        : where + " is " + node;
  }
}
