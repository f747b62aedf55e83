package plumbline.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;

/** What another tool, or this one at another time, measured: a JSON line a workload. */
public final class Comparison {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, JsonNode> others;
  private final Path file;

  private Comparison(Path file, Map<String, JsonNode> others) {
    this.file = file;
    this.others = others;
  }

  /** Compares with nothing. */
  public static Comparison none() {
    return new Comparison(Path.of(""), Map.of());
  }

  /**
   * Reads lines with {@code bench}, {@code value} and, where they are known, {@code unit} and
   * {@code peak_rss_mb}; of several lines of one workload the last counts.
   *
   * @throws InputException if the file cannot be read or a line is none
   */
  public static Comparison read(Path file) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
    Map<String, JsonNode> others = new LinkedHashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        JsonNode line = line(file + ":" + (i + 1), lines.get(i));
        others.put(line.get("bench").asText(), line);
      }
    }
    return new Comparison(file, others);
  }

  private static JsonNode line(String place, String text) {
    try {
      JsonNode line = JSON.readTree(text);
      if (line.path("bench").isTextual() && line.path("value").asDouble() > 0) {
        return line;
      }
    } catch (JsonProcessingException e) {
      throw notALine(place);
    }
    throw notALine(place);
  }

  private static InputException notALine(String place) {
    return new InputException(
        place
            + ": no measurement; wanted a JSON object with a name 'bench' and a number 'value' above"
            + " 0, such as {\"bench\": \"generate_llama\", \"value\": 1500, \"unit\": \"tokens/s\"}");
  }

  /**
   * Adds to a workload's line how many times the other's value it is ({@code ratio}, above 1 where
   * it is faster) and what share of its memory it held ({@code memory_ratio}).
   *
   * @throws InputException if the other measured in another unit
   */
  public void addTo(ObjectNode line) {
    JsonNode other = others.get(line.get("bench").asText());
    if (other == null) {
      return;
    }
    String unit = line.get("unit").asText();
    if (!other.path("unit").asText(unit).equals(unit)) {
      throw new InputException(
          "%s: %s is in %s, wanted %s"
              .formatted(file, line.get("bench").asText(), other.get("unit").asText(), unit));
    }
    line.put("other", other.get("value").asDouble());
    line.put("ratio", line.get("value").asDouble() / other.get("value").asDouble());
    if (other.path("peak_rss_mb").asDouble() > 0) {
      line.put(
          "memory_ratio", line.get("peak_rss_mb").asDouble() / other.get("peak_rss_mb").asDouble());
    }
  }
}
