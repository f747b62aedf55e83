package plumbline.data.exhibit;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Exhibits as JSON; a number that is not finite is {@code null}. */
final class ExhibitJson {
  private static final Map<String, Class<? extends Plot>> TYPES = new LinkedHashMap<>();

  static {
    TYPES.put("curve", Plot.Curve.class);
    TYPES.put("heatmap", Plot.Heatmap.class);
    TYPES.put("box", Plot.Box.class);
    TYPES.put("scatter", Plot.Scatter.class);
    TYPES.put("histogram", Plot.Histogram.class);
    TYPES.put("sankey", Plot.Sankey.class);
    TYPES.put("bars", Plot.Bars.class);
    TYPES.put("intervals", Plot.Intervals.class);
    TYPES.put("calibration", Plot.Calibration.class);
    TYPES.put("samples", Plot.Samples.class);
  }

  private static final List<String> COMMON = List.of("id", "title", "section", "note", "source");
  private static final ObjectMapper MAPPER = mapper();

  private ExhibitJson() {}

  private static ObjectMapper mapper() {
    SimpleModule module = new SimpleModule();
    for (Class<Double> type : List.of(Double.class, Double.TYPE)) {
      module.addSerializer(type, new WriteNumber());
      module.addDeserializer(type, new ReadNumber());
    }
    module.addSerializer(Cell.class, new WriteCell());
    module.addDeserializer(Cell.class, new ReadCell());
    module.addDeserializer(Estimate.class, new ReadEstimate());
    return JsonMapper.builder().addModule(module).build();
  }

  static ObjectNode write(Exhibits exhibits) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    exhibits.tables().forEach(t -> json.withArray("tables").add(withoutEmpty(tree(t))));
    exhibits.figures().forEach(f -> json.withArray("figures").add(write(f)));
    exhibits.items().forEach(i -> json.withArray("items").add(tree(i)));
    return json;
  }

  private static ObjectNode write(Figure figure) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.setAll(write(figure.plot()));
    ObjectNode all = tree(figure);
    all.remove("plot");
    return json.setAll(withoutEmpty(all));
  }

  /** {@code {type, ...}}. */
  static ObjectNode write(Plot plot) {
    String type =
        TYPES.entrySet().stream()
            .filter(known -> known.getValue() == plot.getClass())
            .findFirst()
            .orElseThrow()
            .getKey();
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", type);
    return json.setAll(tree(plot));
  }

  private static ObjectNode withoutEmpty(ObjectNode json) {
    if (json.path("source").path("n").asLong() < 0) {
      ((ObjectNode) json.get("source")).remove("n");
    }
    for (String key : List.of("interval", "seed", "command")) {
      if (json.path("source").path(key).asText("-").isEmpty()) {
        ((ObjectNode) json.get("source")).remove(key);
      }
    }
    for (String key : COMMON) {
      JsonNode value = json.path(key);
      if (value.isTextual() ? value.textValue().isEmpty() : value.isEmpty()) {
        json.remove(key);
      }
    }
    return json;
  }

  /** A source whose number of items is not given unless it says it; none is the run's. */
  private static JsonNode countless(JsonNode source) {
    if (source instanceof ObjectNode given) {
      return tree(Source.OF_THE_RUN).setAll(given);
    }
    return source.isMissingNode() ? tree(Source.OF_THE_RUN) : source;
  }

  private static ObjectNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  static Table table(JsonNode json) {
    JsonNode table = json.deepCopy();
    if (table instanceof ObjectNode fields) {
      fields.replace("source", countless(fields.path("source")));
    }
    return read(table, Table.class);
  }

  static Items items(JsonNode json) {
    return read(json, Items.class);
  }

  static Figure figure(JsonNode json) {
    String type = json.path("type").asText("");
    Class<? extends Plot> known = TYPES.get(type);
    if (known == null) {
      throw new IllegalArgumentException(
          "there is no type '" + type + "'; known are " + TYPES.keySet());
    }
    ObjectNode plot = ((ObjectNode) json).deepCopy();
    plot.remove("type");
    plot.remove(COMMON);
    return new Figure(
        json.path("id").asText(null),
        json.path("title").asText(null),
        json.path("section").asText(null),
        json.path("note").asText(null),
        read(countless(json.path("source")), Source.class),
        read(plot, known));
  }

  /**
   * @throws IllegalArgumentException saying what is wrong
   */
  private static <T> T read(JsonNode json, Class<T> type) {
    try {
      return MAPPER.treeToValue(json, type);
    } catch (JsonProcessingException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      String message =
          cause instanceof JsonProcessingException problem
              ? problem.getOriginalMessage()
              : cause.getMessage();
      throw new IllegalArgumentException(
          message.replaceAll(" \\((?:class|although)[^)]*\\)", ""), e);
    }
  }

  /** An estimate of any node; not measured where the node is no number. */
  static Estimate estimate(JsonNode node) {
    return new Estimate(
        number(node.isObject() ? node.path("mean") : node),
        number(node.path("low")),
        number(node.path("high")),
        number(node.path("std")),
        node.path("n").asLong(-1),
        node.path("unit").asText("").equals("share"),
        node.path("small").asBoolean());
  }

  private static double number(JsonNode node) {
    return node.isNumber() ? node.asDouble() : Double.NaN;
  }

  private static final class WriteNumber extends JsonSerializer<Double> {
    @Override
    public void serialize(Double value, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (!Double.isFinite(value)) {
        out.writeNull();
      } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
        out.writeNumber(value.longValue());
      } else {
        out.writeNumber(value);
      }
    }
  }

  private static final class ReadNumber extends JsonDeserializer<Double> {
    @Override
    public Double deserialize(JsonParser in, DeserializationContext context) throws IOException {
      return in.getDoubleValue();
    }

    @Override
    public Double getNullValue(DeserializationContext context) {
      return Double.NaN;
    }
  }

  private static final class WriteCell extends JsonSerializer<Cell> {
    @Override
    public void serialize(Cell cell, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (cell instanceof Cell.Words words) {
        out.writeString(words.text());
      } else {
        write((Estimate) cell, out);
      }
    }

    private static void write(Estimate estimate, JsonGenerator out) throws IOException {
      if (!estimate.isMeasured()) {
        out.writeNull();
        return;
      }
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      json.put("mean", estimate.mean());
      if (estimate.hasInterval()) {
        json.put("low", estimate.low()).put("high", estimate.high());
      }
      if (Double.isFinite(estimate.std())) {
        json.put("std", estimate.std());
      }
      if (estimate.n() >= 0) {
        json.put("n", estimate.n());
      }
      if (estimate.share()) {
        json.put("unit", "share");
      }
      if (estimate.small()) {
        json.put("small", true);
      }
      if (json.size() == 1) {
        new WriteNumber().serialize(estimate.mean(), out, null);
      } else {
        out.writeTree(json);
      }
    }
  }

  private static final class ReadEstimate extends JsonDeserializer<Estimate> {
    @Override
    public Estimate deserialize(JsonParser in, DeserializationContext context) throws IOException {
      JsonNode node = in.readValueAsTree();
      Estimate estimate = estimate(node);
      if (!estimate.isMeasured() && !node.path("mean").isNull()) {
        throw new IllegalArgumentException(
            node + " is no number; wanted 0.5, null or {\"mean\": 0.5, \"low\": ...}");
      }
      return estimate;
    }

    @Override
    public Estimate getNullValue(DeserializationContext context) {
      return Estimate.missing();
    }
  }

  private static final class ReadCell extends JsonDeserializer<Cell> {
    private final ReadEstimate number = new ReadEstimate();

    @Override
    public Cell deserialize(JsonParser in, DeserializationContext context) throws IOException {
      return in.currentToken().isScalarValue() && !in.currentToken().isNumeric()
          ? Cell.words(in.getText())
          : number.deserialize(in, context);
    }

    @Override
    public Cell getNullValue(DeserializationContext context) {
      return Estimate.missing();
    }
  }
}
