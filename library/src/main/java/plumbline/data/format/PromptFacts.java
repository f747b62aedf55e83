package plumbline.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import plumbline.data.Judgment;
import plumbline.data.Prompt;

/**
 * What prompts are about, to be joined with verdicts by the prompt's text or id: rows with {@code
 * instruction}, {@code prompt} or {@code text} (plain or ChatML) and {@code dataset}, {@code
 * category}, {@code language} or {@code question_id}; or one object of data set to prompt to
 * category.
 */
public final class PromptFacts {
  private static final List<String> TEXTS = List.of("instruction", "prompt", "text", "question");
  private static final List<String> FACTS = List.of(Meta.DATASET, Meta.CATEGORY, Meta.LANGUAGE);

  private final Map<String, Map<String, String>> byText = new HashMap<>();
  private final Map<String, Map<String, String>> byId = new HashMap<>();

  /**
   * Reads files of facts; a later one adds to an earlier.
   *
   * @throws plumbline.InputException if a file cannot be read, or a row tells nothing of a prompt
   */
  public static PromptFacts read(List<Path> files) {
    PromptFacts facts = new PromptFacts();
    files.forEach(file -> Rows.read(file, facts::add));
    return facts;
  }

  /**
   * Verdicts with what is known of their prompts.
   *
   * @param missing hears how many verdicts are on prompts of which nothing is known, if any are
   */
  public List<Judgment> join(List<Judgment> judgments, IntConsumer missing) {
    List<Judgment> joined = new ArrayList<>();
    int unknown = 0;
    for (Judgment judgment : judgments) {
      String text = judgment.meta().getOrDefault(Judgment.INSTRUCTION, "");
      Map<String, String> found = of(text, judgment.promptId());
      unknown += found.isEmpty() ? 1 : 0;
      Map<String, String> meta = new TreeMap<>(judgment.meta());
      meta.putAll(found);
      joined.add(judgment.withMeta(meta));
    }
    if (unknown > 0) {
      missing.accept(unknown);
    }
    return joined;
  }

  private void add(Row row) {
    if (isCategories(row.value())) {
      for (Map.Entry<String, JsonNode> dataset : row.value().properties()) {
        for (Map.Entry<String, JsonNode> prompt : dataset.getValue().properties()) {
          Map<String, String> facts = byText(prompt.getKey());
          facts.put(Meta.DATASET, dataset.getKey());
          facts.put(Meta.CATEGORY, prompt.getValue().textValue());
        }
      }
      return;
    }
    Map<String, String> facts = new TreeMap<>();
    FACTS.forEach(name -> row.optionalText(name).ifPresent(fact -> facts.put(name, fact)));
    String field = TEXTS.stream().filter(row::hasText).findFirst().orElse("");
    if (facts.isEmpty() || (field.isEmpty() && !row.has("question_id"))) {
      throw row.broken(
          "tells nothing of a prompt; wanted instruction, prompt or text with dataset, category or"
              + " language, or {dataset: {prompt: category}}",
          String.join(", ", row.fields()));
    }
    if (!field.isEmpty()) {
      byText(text(ChatMl.prompt(row, field, Map.of()))).putAll(facts);
    }
    if (row.has("question_id")) {
      byId.put(row.value().get("question_id").asText(), facts);
    }
  }

  /** An object of objects of texts. */
  private static boolean isCategories(JsonNode value) {
    if (value.isEmpty()) {
      return false;
    }
    for (JsonNode dataset : value) {
      if (!dataset.isObject()) {
        return false;
      }
      for (JsonNode category : dataset) {
        if (!category.isTextual()) {
          return false;
        }
      }
    }
    return true;
  }

  private static String text(Prompt prompt) {
    return prompt.messages().size() == 1 ? prompt.question() : prompt.transcript();
  }

  private Map<String, String> byText(String text) {
    return byText.computeIfAbsent(text.strip(), key -> new TreeMap<>());
  }

  /**
   * What is known of a prompt, by its text and else by its id; empty if nothing is.
   *
   * @param text of one user turn, white space around it does not matter
   */
  public Map<String, String> of(String text, String id) {
    Map<String, String> found = byText.get(text.strip());
    if (found == null) {
      found = byId.getOrDefault(id.replaceFirst("#.*", ""), Map.of());
    }
    return Map.copyOf(found);
  }
}
