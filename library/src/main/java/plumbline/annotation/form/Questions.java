package plumbline.annotation.form;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.annotation.form.Question.Comment;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;
import plumbline.annotation.form.Question.Writing;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;
import plumbline.config.SchemaWriter;

/** What a project asks, in YAML and JSON. */
public final class Questions {
  private static final Map<String, Class<? extends Question>> TYPES = types();

  /** YAML takes line separators of Unicode for the ends of lines; escaped, they stay. */
  private static final ObjectWriter ASCII =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build().writer();

  private Questions() {}

  private static Map<String, Class<? extends Question>> types() {
    Map<String, Class<? extends Question>> types = new LinkedHashMap<>();
    types.put("pairwise", Pairwise.class);
    types.put("ranking", Ranking.class);
    types.put("likert", Likert.class);
    types.put("comment", Comment.class);
    types.put("edit", Edit.class);
    types.put("prompt", Writing.class);
    return types;
  }

  /**
   * The questions of a list of {@code {"type", "id", ..}}.
   *
   * @param keyPath what messages call the list
   * @throws plumbline.InputException if a question is not as it should be; names key path and
   *     nearest fix
   */
  public static List<Question> parse(JsonNode questions, String keyPath) {
    return bind(tree(questions, keyPath));
  }

  /**
   * JSON as a configuration that can be bound.
   *
   * @param keyPath what messages call it
   */
  public static ConfigTree tree(JsonNode json, String keyPath) {
    try {
      return Config.parse(ASCII.writeValueAsString(json), keyPath);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON tree", e);
    }
  }

  /**
   * The questions of a configuration.
   *
   * @throws plumbline.InputException if a question is not as it should be, there is none, or two
   *     have the same id
   */
  public static List<Question> bind(ConfigTree list) {
    List<Question> questions = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (ConfigTree one : list.items()) {
      Question question = one(one);
      if (!ids.add(question.id())) {
        throw one.error("a second question has the id '" + question.id() + "'; name it otherwise");
      }
      questions.add(question);
    }
    if (questions.isEmpty()) {
      throw list.error("asks nothing, wanted at least one question");
    }
    return List.copyOf(questions);
  }

  private static Question one(ConfigTree tree) {
    ConfigTree type = tree.get("type");
    Class<? extends Question> wanted = TYPES.get(type.text());
    if (wanted == null) {
      throw type.error(
          "there is no question type '"
              + type.text()
              + "'"
              + Nearest.hint(type.text(), TYPES.keySet()));
    }
    return tree.without("type").bind(wanted);
  }

  /** A Markdown table of keys by type. */
  public static Map<String, String> keyTables() {
    Map<String, String> tables = new LinkedHashMap<>();
    TYPES.forEach((name, type) -> tables.put(name, Config.table(type)));
    return tables;
  }

  /** The JSON schema of a list of questions: its form is called {@code questions}. */
  public static ObjectNode schema(SchemaWriter writer) {
    Map<String, ObjectNode> kinds = new LinkedHashMap<>();
    TYPES.forEach(
        (name, keys) ->
            kinds.put(
                name,
                writer.define(
                    "question-" + name,
                    () -> {
                      ObjectNode schema = writer.keys(keys);
                      schema.withObject("/properties").putObject("type").put("const", name);
                      return schema;
                    })));
    ObjectNode list = JsonNodeFactory.instance.objectNode().put("type", "array").put("minItems", 1);
    list.set("items", SchemaWriter.byValue("type", kinds));
    return list;
  }

  /** The list that {@link #parse} reads back equal. */
  public static ArrayNode toJson(List<Question> questions) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    questions.forEach(question -> list.add(toJson(question)));
    return list;
  }

  static ObjectNode toJson(Question question) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("type", question.type()).put("id", question.id()).put("text", question.text());
    json.put("required", question.required());
    if (question instanceof Pairwise pairwise) {
      json.put("strengths", pairwise.strengths());
      json.put("tie", pairwise.tie()).put("both_bad", pairwise.bothBad());
    } else if (question instanceof Ranking ranking) {
      json.put("ties", ranking.ties()).put("partial", ranking.partial());
    } else if (question instanceof Likert likert) {
      ArrayNode attributes = json.putArray("attributes");
      likert.attributes().forEach(attributes::add);
      json.put("of", likert.of().name().toLowerCase(Locale.ROOT));
    }
    return json;
  }

  /** Why questions cannot be asked of an item with so many responses; empty if they can. */
  public static Optional<String> unfit(List<Question> questions, int responses) {
    return questions.stream()
        .filter(one -> responses < one.leastResponses() || responses > one.mostResponses())
        .findFirst()
        .map(
            one ->
                "question '%s' (%s) wants %s, found %d"
                    .formatted(one.id(), one.type(), responses(one), responses));
  }

  private static String responses(Question question) {
    int least = question.leastResponses();
    int most = question.mostResponses();
    return least == most ? least + " responses" : least + " to " + most + " responses";
  }
}
