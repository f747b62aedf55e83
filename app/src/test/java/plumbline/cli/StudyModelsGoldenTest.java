package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.Split;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;
import plumbline.data.format.RowFiles;
import plumbline.judge.StandInEndpoint;

/**
 * The studies of combined rewards and of collected preferences in the papers' size, every stage of
 * them: tiny folders of the same architectures in place of the real models, an endpoint of this
 * process in place of the judge's.
 */
class StudyModelsGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FINE_TUNED = List.of("pre-sft", "sft", "sft-lora");
  private static final List<String> REWARD_MODELS =
      List.of(
          "preference", "absolute", "logistic", "regression", "sigmoid-mse", "logistic-resampled");

  @TempDir private Path folder;

  @Test
  void everyStageOfTheCombinedRewardsStudyRuns() throws IOException {
    Path llama = TinyFolders.llama(folder, "llama_tied", 2100);
    Path data = SharedFolder.require("plumbline.data", "oasst-trees").getParent();
    Path prompts = data.resolve("eval-prompts");
    Path votes = data.resolve("crs-thesis/human-ranking-group-1.json");
    try (StandInEndpoint judge = StandInEndpoint.sound()) {
      List<String> settings =
          new ArrayList<>(
              List.of(
                  "pre-sft.model=" + llama,
                  "instructions.path="
                      + data.resolve("instructions/self-instruct-seed-tasks.jsonl"),
                  "trees.path=" + data.resolve("oasst-trees/en-trees.jsonl.gz"),
                  "trees.rate_by_place=true",
                  "helpful_base.path=" + prompts.resolve("mt-bench.jsonl"),
                  "koala.path=" + prompts.resolve("koala.jsonl"),
                  "vicuna.path=" + prompts.resolve("vicuna.jsonl"),
                  "humans.votes={group-1: '%s', group-2: '%s'}".formatted(votes, votes)));
      Stream.concat(FINE_TUNED.stream(), REWARD_MODELS.stream())
          .forEach(
              stage ->
                  settings.addAll(List.of(stage + ".rows_per_update=4", stage + ".max_steps=1")));
      REWARD_MODELS.forEach(
          stage ->
              settings.addAll(
                  List.of(
                      stage + ".reference_rows=4",
                      stage + ".eval_rows=8",
                      stage + ".lengths.max_response_tokens=48")));
      settings.addAll(List.of("reward-models.pairs=16", "reward-models.ratings=16"));
      for (String stage : List.of("tuning", "final")) {
        settings.add(stage + ".judges.judge.endpoint=" + judge.address());
        settings.add(stage + ".judges.judge.key_env=PATH");
        settings.add(stage + ".judges.judge.model=" + StandInEndpoint.MODEL);
      }

      JsonNode summary = run("combined-reward-study", settings);

      assertThat(summary.get("claims").findValuesAsText("verdict"))
          .filteredOn(verdict -> !verdict.equals("not measured"))
          .hasSizeGreaterThan(15);
      assertThat(judge.totalVerdicts()).isPositive();
    }
    String config = Files.readString(folder.resolve("run/config.yaml"));
    assertThat(config).contains("lr: 1.41e-5", "like: thesis", "weights: int8");
    JsonNode adapter = read("run/double-lora/model/adapter_config.json");
    assertThat(adapter.get("r").asInt()).isEqualTo(16);
  }

  @Test
  void everyStageOfTheCollectedPreferencesStudyRuns() throws IOException {
    Path large = TinyFolders.llama(folder, "llama_rope_llama3", 1100);
    Path small = TinyFolders.llama(folder, "llama_tied", 1100);
    Path prompts = clinicRows("prompts");
    Path votes = folder.resolve("votes.jsonl");
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      String remote = ".endpoint=" + endpoint.address();
      List<String> settings =
          List.of(
              "data.path=" + prompts,
              "earlier.path=" + prompts,
              "sft.model=" + large,
              "sft.max_steps=1",
              "sft-small.model=" + small,
              "sft-small.max_steps=1",
              "collect.category=trigger",
              "collect.writers.strong.remote" + remote,
              "collect.writers.strong.remote.key_env=PATH",
              "collect.writers.strong.remote.model=" + StandInEndpoint.MODEL,
              "collect.writers.sft.sampling.max_new_tokens=16",
              "collect.judges.0" + remote,
              "collect.judges.0.key_env=PATH",
              "collect.judges.0.answer=first_token",
              "collect.judges.0.model=" + StandInEndpoint.MODEL,
              "collect.people={overlap: 2, votes: '%s'}".formatted(votes),
              "proof.benchmarks={others: '%s'}".formatted(prompts.resolve("pairs.jsonl")),
              "proof.gold.judge" + remote,
              "proof.gold.judge.key_env=PATH",
              "proof.gold.judge.answer=first_token",
              "proof.gold.judge.model=" + StandInEndpoint.MODEL,
              "proof.sampling.max_new_tokens=16");
      Captured waiting = command("preference-collection-study", settings);
      assertThat(waiting.err()).contains("let people do the tasks of");
      vote(votes);

      JsonNode summary = run("preference-collection-study", settings, "--resume");

      assertThat(summary.get("claims")).hasSize(3);
      assertThat(endpoint.totalVerdicts()).isPositive();
    }
    assertThat(read("run/large-step4/model/adapter_config.json").get("r").asInt()).isEqualTo(16);
    assertThat(read("run/collect/summary.json").get("steps")).hasSize(4);
  }

  private Path clinicRows(String name) throws IOException {
    Path rows = Files.createDirectories(folder.resolve(name));
    Clinic clinic = new Clinic(3);
    RowFiles.write(rows.resolve("demonstrations.jsonl"), clinic.demonstrations(Split.TRAIN, 60));
    RowFiles.write(rows.resolve("prompts.jsonl"), clinic.prompts(Split.TRAIN, 200));
    RowFiles.write(
        rows.resolve("pairs.jsonl"), clinic.pairs(Split.TRAIN, 120, new Annotator(0, 0, 0)));
    return rows;
  }

  /** What people would do with the tasks: two of them prefer the longer answer. */
  private void vote(Path votes) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(folder.resolve("run/collect/tasks.jsonl"))) {
      JsonNode task = JSON.readTree(line);
      boolean first =
          task.at("/responses/0/content").asText().length()
              > task.at("/responses/1/content").asText().length();
      String ranks = first ? "{\"a\": 1, \"b\": 2}" : "{\"a\": 2, \"b\": 1}";
      lines.append(
          """
          {"id": "%s", "votes": [{"annotator": "ann", "ranks": %s}, {"annotator": "ben", "ranks": %s}]}
          """
              .formatted(task.get("id").asText(), ranks, ranks));
    }
    Files.writeString(votes, lines);
  }

  private JsonNode run(String example, List<String> settings, String... options) {
    Captured captured = command(example, settings, options);
    assertThat(captured.code()).as(captured.err()).isZero();
    return captured.json();
  }

  private Captured command(String example, List<String> settings, String... options) {
    Path file = Path.of(System.getProperty("plumbline.root"), "examples", example + ".yaml");
    List<String> args = new ArrayList<>(List.of("run", file.toString(), "--json"));
    args.addAll(List.of("--size", "paper", "--short", "--threads", "1"));
    args.addAll(List.of("--out", folder.resolve("run").toString()));
    args.addAll(List.of(options));
    settings.forEach(setting -> args.addAll(List.of("--set", setting)));
    return Captured.plumbline(args.toArray(String[]::new));
  }

  private JsonNode read(String file) throws IOException {
    return JSON.readTree(folder.resolve(file).toFile());
  }
}
