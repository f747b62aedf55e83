package plumbline.collect;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** What a step was given, what it left, and why the rest went. In candidate pairs. */
final class StepCount {
  private final String name;
  private final Map<String, Long> reasons = new TreeMap<>();
  private long out;

  StepCount(String name) {
    this.name = name;
  }

  void kept(long pairs) {
    out += pairs;
  }

  void lost(String reason, long pairs) {
    if (pairs > 0) {
      reasons.merge(reason, pairs, Long::sum);
    }
  }

  String name() {
    return name;
  }

  long in() {
    return out + reasons.values().stream().mapToLong(n -> n).sum();
  }

  long out() {
    return out;
  }

  Map<String, Long> reasons() {
    return reasons;
  }

  /** {@code {name, in, out, reasons}}. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", name).put("in", in()).put("out", out);
    reasons.forEach(json.putObject("reasons")::put);
    return json;
  }
}
