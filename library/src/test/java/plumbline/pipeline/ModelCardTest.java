package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Sha256;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** Every model that a stage leaves has a card, and the card says what the run's files say. */
class ModelCardTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SIZES =
      "lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}";
  private static final String WHOLE =
      """
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 12, prompts: 8, test_rows: 6}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      sft: {model: scratch, data: data, rows_per_update: 6, SIZES}
      reward: {model: sft, data: data, rows_per_update: 6, SIZES}
      small: {stage: dpo, model: sft, data: data, pairs_per_update: 6, lora: {r: 2}, SIZES}
      kto: {model: sft, data: data, label: quality, max_steps: 1, SIZES}
      online_dpo: {model: sft, data: data, rounds: 2, prompts_per_round: 4, pairs_per_update: 4,
        judge: {score: {model: reward}}, sampling: {max_new_tokens: 8}, SIZES}
      ppo: {model: sft, data: data, score: {model: reward}, steps: 2, prompts_per_update: 4,
        sampling: {max_new_tokens: 8}, lengths: {max_prompt_tokens: 120, too_long: truncate}}
      """
          .replace("SIZES", SIZES);

  @TempDir static Path shared;
  private static Path out;

  @BeforeAll
  static void runTheWholePathOnce() {
    Engine.configure("cpu", 1);
    out = shared.resolve("whole");
    run(WHOLE, out, false);
  }

  private static void run(String yaml, Path out, boolean resume) {
    ConfigTree tree = Config.parse(yaml, "p.yaml").with("out='" + out + "'");
    Pipeline.of(tree).run(resume, Progress.silent());
  }

  /** The folders of runs that have a model. */
  private static List<Path> runs() throws IOException {
    try (var all = Files.walk(out)) {
      return all.filter(path -> path.endsWith("model")).map(Path::getParent).sorted().toList();
    }
  }

  private static String text(Path run) {
    try {
      return Files.readString(run.resolve("model/README.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The header as any YAML parser reads it. */
  private static JsonNode header(Path run) {
    String text = text(run);
    assertThat(text).startsWith("---\n");
    String yaml = text.substring(4, text.indexOf("\n---\n", 4) + 1);
    return JSON.valueToTree(new Yaml().load(yaml));
  }

  @Test
  void everyModelHasACardThatSaysWhatTheRunSays() throws IOException {
    List<Path> runs = runs();
    assertThat(runs).hasSize(9);
    for (Path path : runs) {
      JsonNode run = TinyModels.json(path.resolve("run.json"));
      JsonNode header = header(path);
      JsonNode facts = header.get("plumbline");
      assertThat(facts.get("stage")).as(path.toString()).isEqualTo(run.get("name"));
      assertThat(facts.get("kind")).isEqualTo(run.get("kind"));
      assertThat(facts.get("seed").asLong()).isEqualTo(run.get("seed").asLong());
      assertThat(facts.get("versions")).isEqualTo(run.get("versions"));
      assertThat(values(facts.get("data"))).isEqualTo(values(run.get("data")));
      assertThat(facts.get("parents")).hasSameSizeAs(run.get("parents"));
      for (int i = 0; i < facts.get("parents").size(); i++) {
        Path parent = out.resolve(facts.get("parents").get(i).asText());
        assertThat(parent).isEqualTo(Path.of(run.get("parents").get(i).asText()));
        assertThat(text(path)).contains(Sha256.of(weights(parent)));
      }
      assertThat(text(path)).contains(Sha256.of(weights(path.resolve("model"))));
      facts.get("data").fieldNames().forEachRemaining(f -> assertThat(out.resolve(f)).exists());
    }
  }

  private static Path weights(Path model) {
    Path adapter = model.resolve("adapter_model.safetensors");
    return Files.exists(adapter) ? adapter : model.resolve("model.safetensors");
  }

  private static List<String> values(JsonNode node) {
    List<String> values = new ArrayList<>();
    node.forEach(value -> values.add(value.asText()));
    return values;
  }

  @Test
  void theHeaderSaysWhatTheModelIs() {
    for (var row :
        Map.of(
                "sft", List.of("transformers", "text-generation", "sft"),
                "reward", List.of("transformers", "text-classification", "reward-model"),
                "small", List.of("peft", "text-generation", "lora"),
                "ppo", List.of("transformers", "text-generation", "reinforcement-learning"))
            .entrySet()) {
      JsonNode header = header(out.resolve(row.getKey()));
      assertThat(header.get("library_name").asText()).isEqualTo(row.getValue().get(0));
      assertThat(header.get("pipeline_tag").asText()).isEqualTo(row.getValue().get(1));
      assertThat(values(header.get("tags"))).contains("plumbline", row.getValue().get(2));
      // The built-in rows name no data set.
      assertThat(header.has("datasets")).isFalse();
      assertThat(header.has("license")).isFalse();
      assertThat(header.has("base_model")).isFalse();
    }
  }

  @Test
  void everyResultIsANumberOfTheSummary() {
    for (var row :
        Map.of(
                "sft", "/test_loss",
                "reward", "/accuracy/mean",
                "small", "/accuracy/mean",
                "kto", "/accuracy",
                "ppo", "/table1/last/reward~1mean")
            .entrySet()) {
      Path run = out.resolve(row.getKey());
      JsonNode result = header(run).at("/model-index/0/results/0");
      double wanted = TinyModels.json(run.resolve("summary.json")).at(row.getValue()).doubleValue();
      assertThat(result.at("/metrics/0/value").doubleValue()).as(row.getKey()).isEqualTo(wanted);
      assertThat(result.at("/dataset/name").asText()).startsWith("data/").endsWith(".jsonl");
      assertThat(result.at("/dataset/revision").asText())
          .isEqualTo(Sha256.of(out.resolve(result.at("/dataset/name").asText())));
      assertThat(text(run)).contains("| " + wanted + " |");
    }
  }

  @Test
  void whatTheTrainingWarnedOfStandsAmongTheLimits() {
    JsonNode run = TinyModels.json(out.resolve("ppo/run.json"));
    JsonNode first = TinyModels.json(out.resolve("ppo/summary.json")).path("alarms");
    String text = text(out.resolve("ppo"));
    run.get("warnings")
        .forEach(w -> assertThat(text).contains("Said by the training: " + w.asText()));
    first.forEach(alarm -> assertThat(text).contains("Alarm `" + alarm.get("name").asText()));
    assertThat(text).contains("## Limits", "Nobody has tested it for safety");
  }

  @Test
  void anotherPlaceAndAnInterruptionGiveTheSameBytes(@TempDir Path folder) throws IOException {
    Path other = folder.resolve("other/place");
    String shorter = WHOLE.substring(0, WHOLE.indexOf("kto:"));
    run(shorter, other, false);
    Files.delete(other.resolve("reward/run.json"));
    Files.delete(other.resolve("reward/model/README.md"));
    run(shorter, other, true);
    for (String stage : List.of("scratch", "sft", "reward", "small")) {
      Path card = Path.of(stage, "model/README.md");
      assertThat(Files.readString(other.resolve(card)))
          .as(card.toString())
          .isEqualTo(Files.readString(out.resolve(card)))
          .doesNotContain(folder.toString());
    }
  }

  @Test
  void modelsOfAHubAreNamedWithTheirLicenceThroughEveryLaterStage(@TempDir Path folder)
      throws IOException {
    Path snapshot = folder.resolve("hub/models--org--tiny-1/snapshots/" + "0123456789".repeat(4));
    try (TextModel tiny = TinyModels.of(snapshot, Set.of(Head.LANGUAGE), 1)) {
      tiny.save(tiny.transformer(), snapshot);
    }
    Files.writeString(
        snapshot.resolve("README.md"),
        "---\nlicense: apache-2.0\nbase_model: org/older\n---\n# Tiny\n");
    String row =
        "{\"prompt\": \"a\", \"completion\": \"b\", \"meta\": {\"dataset\": \"org/rows\"}}\n";
    Files.writeString(folder.resolve("demonstrations.train.jsonl"), row);
    String yaml =
        """
        sft: {model: %1$s, data: %2$s, lora: {r: 2}, LENGTHS}
        more: {stage: sft, model: sft, data: %2$s, LENGTHS}
        """
            .replace("LENGTHS", "lengths: {max_prompt_tokens: 60, max_response_tokens: 30}")
            .formatted(snapshot, folder);
    Path run = folder.resolve("run");
    run(yaml, run, false);

    for (var stage : Map.of("sft", "adapter", "more", "finetune").entrySet()) {
      JsonNode header = header(run.resolve(stage.getKey()));
      assertThat(values(header.get("base_model"))).containsExactly("org/tiny-1");
      assertThat(header.get("base_model_relation").asText()).isEqualTo(stage.getValue());
      assertThat(values(header.get("datasets"))).containsExactly("org/rows");
      assertThat(header.get("license").asText()).isEqualTo("apache-2.0");
    }
    assertThat(values(header(run.resolve("sft")).at("/plumbline/parents")))
        .containsExactly("org/tiny-1@" + "0123456789".repeat(4));
  }
}
