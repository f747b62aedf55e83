package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.data.Demonstration;
import plumbline.data.Dialogue;
import plumbline.data.Message;
import plumbline.data.Split;
import plumbline.data.clinic.Clinic;
import plumbline.data.format.RowFiles;
import plumbline.train.Progress;

/** Dialogues prepared in a pipeline, models of three families, trainings side by side. */
class MedicalPipelineTest {
  private static final String LENGTHS =
      "lengths: {max_prompt_tokens: 160, max_response_tokens: 60, too_long: truncate}";
  private static final String PPO =
      "stage: ppo, data: data, score: {length: words, target: 6, per: 3}, steps: 9,"
          + " prompts_per_update: 2, ppo_epochs: 1, sampling: {max_new_tokens: 6}, "
          + LENGTHS;

  @TempDir private Path folder;

  @Test
  void fromVisitsToTrainingsSideBySide() throws IOException {
    String yaml =
        """
        out: %s
        data: {format: medical, demonstrations: 60, prompts: 40, test_rows: 20}
        gpt2: {stage: scratch, data: data, family: gpt2, vocabulary_size: 400, hidden_size: 16, intermediate_size: 32, layers: 1}
        roberta: {stage: scratch, data: data, family: roberta, vocabulary_size: 400, hidden_size: 16, intermediate_size: 32, layers: 1}
        llama: {stage: scratch, data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 32, layers: 1}
        pairs: {model: gpt2, data: data, pairs: 12, test_pairs: 6, max_prompt_tokens: 160, sampling: {max_new_tokens: 8}}
        reward: {model: roberta, data: pairs, max_steps: 2, rows_per_update: 4, %s}
        ppo-a: {model: gpt2, %s}
        ppo-b: {model: llama, %s}
        trainings: {of: {A: ppo-a, B: ppo-b}, window: 4}
        """
            .formatted(folder.resolve("run"), LENGTHS, PPO, PPO);

    JsonNode summary = Pipeline.of(Config.parse(yaml, "p.yaml")).run(false, Progress.silent());

    assertPrepared();
    assertThat(family("gpt2/model")).isEqualTo("gpt2");
    assertThat(family("reward/model")).isEqualTo("roberta");
    assertThat(family("ppo-a/model")).isEqualTo("gpt2");
    assertThat(family("ppo-b/model")).isEqualTo("llama");
    for (String name : List.of("A", "B")) {
      String stage = "run/ppo-" + (name.equals("A") ? "a" : "b");
      List<JsonNode> rows = TinyModels.metrics(folder.resolve(stage));
      JsonNode table = summary.at("/table1/" + name);
      assertThat(table.at("/last/step").asInt()).isEqualTo(rows.get(8).get("step").asInt());
      for (String metric : PolicyCourse.TABLE.keySet()) {
        assertThat(table.get("first").get(metric)).isEqualTo(rows.get(0).get(metric));
      }
      double first = mean(rows.subList(0, 4), "reward/mean");
      double last = mean(rows.subList(5, 9), "reward/mean");
      JsonNode change = summary.path("changes").path(name).path("reward/mean");
      assertThat(change.get("mean").asDouble()).isCloseTo(last - first, within(1e-9));
      assertThat(change.get("low").asDouble()).isLessThan(change.get("mean").asDouble());
      assertThat(summary.path("alarms").path(name).isArray()).isTrue();
    }
    assertThat(summary.path("differences").path("B").has("policy/entropy")).isTrue();
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains(
            "messages before merging", "messages after merging", "The trainings side by side");
  }

  private void assertPrepared() throws IOException {
    JsonNode data = TinyModels.json(folder.resolve("run/data/summary.json"));
    JsonNode before = data.at("/prepared/dialogue_length/before_merging");
    JsonNode after = data.at("/prepared/dialogue_length/after_merging");
    assertThat(before.get("rows").asInt()).isEqualTo(80).isEqualTo(after.get("rows").asInt());
    assertThat(after.get("mean").asDouble()).isLessThan(before.get("mean").asDouble());
    Set<String> trained = new HashSet<>();
    for (Split side : Split.values()) {
      String file = side == Split.TRAIN ? "train.jsonl" : "test.jsonl";
      for (Demonstration row :
          RowFiles.readDemonstrations(folder.resolve("run/data/demonstrations." + file)).rows()) {
        String complaint = row.meta().get("complaint");
        assertThat(Clinic.quality(row.prompt(), row.response())).isBetween(0.0, 1.0);
        if (side == Split.TRAIN) {
          trained.add(complaint);
        } else {
          assertThat(trained).doesNotContain(complaint);
        }
      }
    }
  }

  @Test
  void visitsSayWhatTheirPromptAndReplySay() {
    List<Dialogue> visits = new Clinic(4).dialogues(Split.TRAIN, 200);

    assertThat(visits).hasSize(200).isEqualTo(new Clinic(4).dialogues(Split.TRAIN, 200));
    assertThat(visits)
        .allMatch(
            visit ->
                visit.messages().get(visit.messages().size() - 1).role().equals(Message.ASSISTANT));
    assertThat(visits).anyMatch(visit -> visit.messages().get(0).role().equals(Message.SYSTEM));
    assertThat(visits.stream().mapToInt(visit -> visit.messages().size()).max().getAsInt())
        .isGreaterThan(4);
  }

  @Test
  void anEncoderCannotBeAPolicy() {
    String yaml =
        """
        out: %s
        data: {format: medical}
        roberta: {stage: scratch, data: data, family: roberta}
        ppo: {model: roberta, data: data, score: {gold: clinic}}
        """
            .formatted(folder.resolve("run"));

    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Pipeline.of(Config.parse(yaml, "p.yaml")).run(false, Progress.silent()))
        .withMessageContaining("stage 'roberta' makes an encoder")
        .withMessageContaining("wanted a language model");
  }

  private String family(String model) throws IOException {
    return TinyModels.json(folder.resolve("run").resolve(model).resolve("config.json"))
        .get("model_type")
        .asText();
  }

  private static double mean(List<JsonNode> rows, String metric) {
    return rows.stream().mapToDouble(row -> row.get(metric).asDouble()).average().orElseThrow();
  }
}
