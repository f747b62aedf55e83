package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.annotation.form.Questions;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;
import plumbline.config.SchemaWriter;
import plumbline.data.clean.CleanConfig;
import plumbline.data.clean.SplitConfig;
import plumbline.dpo.DpoPreset;
import plumbline.judge.Judges;
import plumbline.judge.RemoteConfig;
import plumbline.ppo.Preset;
import plumbline.score.ScoreTree;

/**
 * The JSON schemas of every configuration, for editors that complete and check: of pipelines, of
 * each method that trains, of reward trees, judges and labelling projects, of cleaning and
 * splitting.
 *
 * <p>What a schema refuses, its command refuses too. Commands also check what stands in several
 * keys, names of stages and files, which no schema can.
 */
public final class Schemas {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Map<String, SchemaWriter.Form> FORMS = forms();
  private static final Map<String, SchemaWriter.Form> FILES = files();

  private Schemas() {}

  /** The names of the schemas. */
  public static List<String> names() {
    return List.copyOf(FILES.keySet());
  }

  /** What a schema's file is called. */
  public static String fileName(String name) {
    return name + ".schema.json";
  }

  /**
   * A schema as JSON.
   *
   * @throws InputException if there is none of that name
   */
  public static String of(String name) {
    SchemaWriter.Form file = FILES.get(name);
    if (file == null) {
      throw new InputException(
          "there is no schema '" + name + "'" + Nearest.hint(name, FILES.keySet()));
    }
    SchemaWriter writer = new SchemaWriter(FORMS);
    return writer.document("plumbline " + name, file.write(writer));
  }

  private static Map<String, SchemaWriter.Form> files() {
    Map<String, SchemaWriter.Form> files = new LinkedHashMap<>();
    files.put("pipeline", Schemas::pipeline);
    for (String method : methods()) {
      files.put(method, writer -> alone(method, writer));
    }
    files.put("score", writer -> writer.form("score"));
    files.put("judge", writer -> writer.form("judge"));
    files.put("label", writer -> writer.keys(ProjectFile.class));
    files.put("clean", writer -> writer.keys(CleanConfig.class));
    files.put("split", writer -> writer.keys(SplitConfig.class));
    return files;
  }

  /** The kinds of stages that have a command of their own. */
  private static List<String> methods() {
    List<String> methods = new ArrayList<>(List.of("sft", "reward"));
    List.of(Preset.Method.values()).forEach(method -> methods.add(method.toString()));
    List.of(DpoPreset.Method.values()).forEach(method -> methods.add(method.toString()));
    methods.addAll(List.of("online_dpo", "collect"));
    return methods;
  }

  private static Map<String, SchemaWriter.Form> forms() {
    Map<String, SchemaWriter.Form> forms = new LinkedHashMap<>();
    forms.put("score", writer -> ScoreTree.schema(writer, Leaves.ALL));
    forms.put("scores", writer -> byName(textOr(writer.form("score"))));
    forms.put("judge", Judges::schema);
    forms.put("judge_or_file", writer -> textOr(writer.form("judge")));
    forms.put("judges", writer -> byName(writer.form("judge_or_file")));
    forms.put("responders", Schemas::responders);
    forms.put("questions", Questions::schema);
    forms.put("names", writer -> moduleNames());
    return forms;
  }

  private static ObjectNode textOr(ObjectNode schema) {
    return SchemaWriter.anyOf(List.of(SchemaWriter.text(), schema));
  }

  private static ObjectNode byName(ObjectNode schema) {
    ObjectNode map = JSON.objectNode().put("type", "object").put("minProperties", 1);
    map.set("additionalProperties", schema);
    return map;
  }

  /** Names of modules: one text, a list, or nothing. */
  private static ObjectNode moduleNames() {
    ObjectNode list = JSON.objectNode().put("type", "array");
    list.set("items", SchemaWriter.text());
    return SchemaWriter.anyOf(
        List.of(SchemaWriter.text(), list, JSON.objectNode().put("type", "null")));
  }

  private static ObjectNode responders(SchemaWriter writer) {
    Map<String, ObjectNode> kinds = new LinkedHashMap<>();
    kinds.put("endpoint", writer.record(RemoteConfig.class));
    kinds.put("responses", only("responses"));
    kinds.put("model", only("model"));
    return byName(textOr(SchemaWriter.byKey(kinds)));
  }

  private static ObjectNode only(String key) {
    ObjectNode schema = JSON.objectNode().put("type", "object");
    schema.putObject("properties").set(key, SchemaWriter.text());
    schema.putArray("required").add(key);
    return schema;
  }

  /** One method's configuration, with the keys of a run beside its own. */
  private static ObjectNode alone(String method, SchemaWriter writer) {
    ObjectNode schema = keys(method, writer);
    ObjectNode properties = (ObjectNode) schema.get("properties");
    ObjectNode all = JSON.objectNode();
    all.setAll((ObjectNode) writer.keys(Pipeline.Header.class).get("properties"));
    all.setAll(properties);
    schema.set("properties", all);
    return schema;
  }

  private static ObjectNode keys(String kind, SchemaWriter writer) {
    StageKind<?> stage = StageKind.ALL.get(kind);
    ConfigTree chosen = stage.preset().apply(Config.parse("", "the method"));
    return writer.keys(stage.keys(), chosen);
  }

  /**
   * A pipeline: stages beside its own keys. A stage whose name is a kind may be of that kind
   * without saying so.
   */
  private static ObjectNode pipeline(SchemaWriter writer) {
    ObjectNode schema = writer.keys(Pipeline.Header.class);
    schema.put("type", "object");
    ObjectNode properties = (ObjectNode) schema.get("properties");
    properties.set("sizes", byName(JSON.objectNode().put("type", "object")));
    properties.putObject("short").put("type", "object");
    ObjectNode names = schema.putObject("patternProperties");
    names.set(notCalled(properties), writer.define("stage", () -> anyStage(writer)));
    for (String kind : StageKind.ALL.keySet()) {
      ObjectNode named = properties.putObject(kind);
      named.putObject("if").putArray("required").add("stage");
      named.set("else", writer.define("stage-" + kind, () -> stage(kind, writer)));
    }
    names.putObject(notCalled(properties)).putArray("required").add("stage");
    return schema;
  }

  /** A pattern of stages' names besides those of an object's keys. */
  private static String notCalled(ObjectNode keys) {
    List<String> names = new ArrayList<>();
    keys.fieldNames().forEachRemaining(names::add);
    return "^(?!(%s)$)%s$".formatted(String.join("|", names), Pipeline.STAGE_NAME);
  }

  private static ObjectNode anyStage(SchemaWriter writer) {
    Map<String, ObjectNode> kinds = new LinkedHashMap<>();
    for (String kind : StageKind.ALL.keySet()) {
      kinds.put(kind, writer.define("stage-" + kind, () -> stage(kind, writer)));
    }
    ObjectNode schema = SchemaWriter.byValue("stage", kinds);
    schema.remove("required");
    return schema;
  }

  /** A stage's keys, those of every stage among them. */
  private static ObjectNode stage(String kind, SchemaWriter writer) {
    ObjectNode schema = keys(kind, writer);
    schema.put("type", "object");
    ObjectNode properties = (ObjectNode) schema.get("properties");
    ObjectNode all = JSON.objectNode();
    all.putObject("stage").put("const", kind).put("description", "the kind of stage");
    all.set("seed", seed());
    all.set("sweep", sweep());
    all.setAll(properties);
    schema.set("properties", all);
    if (schema.has("required")) {
      // A sweep may be what gives a key its value.
      ArrayNode either = schema.putArray("anyOf");
      either.addObject().set("required", schema.remove("required"));
      either.addObject().putArray("required").add("sweep");
    }
    return schema;
  }

  private static ObjectNode seed() {
    ObjectNode seed = JSON.objectNode();
    seed.putArray("type").add("integer").add("null");
    return seed.put("description", "its own seed in the place of the pipeline's");
  }

  private static ObjectNode sweep() {
    ObjectNode values = JSON.objectNode();
    values.putArray("type").add("array").add("object");
    ObjectNode sweep = JSON.objectNode().put("type", "object");
    sweep.put("minProperties", 1).put("maxProperties", 1).set("additionalProperties", values);
    return sweep.put("description", "one key with a list of values: a stage for each of them");
  }
}
