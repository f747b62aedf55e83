package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.annotation.VoteFiles;
import plumbline.config.Config;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.train.Progress;

class StudyStagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private JsonNode run(String yaml) {
    return Pipeline.of(Config.parse(yaml, "pipeline.yaml")).run(false, Progress.silent());
  }

  private JsonNode summary(String stage) throws IOException {
    return JSON.readTree(folder.resolve("run/" + stage + "/summary.json").toFile());
  }

  private String pipeline() {
    return """
    seed: 2
    out: %s
    data: {format: clinic, demonstrations: 200, pairs: 40, rankings: 1, ratings: 1, prompts: 120, test_rows: 120}
    samples: {from: {seen: {data: data, side: train}, unseen: {data: data}}, tuning_eval: 8, final_eval: 12,
      human_eval: 4, near: }
    scratch: {data: data, vocabulary_size: 500, hidden_size: 16, intermediate_size: 32, heads: 2,
      key_value_heads: 1, layers: 1, max_positions: 320}
    sft: {model: scratch, data: data, max_steps: 40, optimizer: {lr: 5e-3},
      lengths: {max_prompt_tokens: 200, max_response_tokens: 60, too_long: truncate}}
    more: {stage: sft, model: sft, data: data, max_steps: 10, optimizer: {lr: 5e-3},
      lengths: {max_prompt_tokens: 200, max_response_tokens: 60, too_long: truncate}}
    final: {stage: winrate, models: {sft: sft, more: more}, data: samples/final_eval, judges: {gold: gold},
      max_prompt_tokens: 200, sampling: {max_new_tokens: 24}}
    people: {models: {sft: sft, more: more}, data: samples/human_eval, groups: 2, people: 3,
      max_prompt_tokens: 200, sampling: {max_new_tokens: 24}}
    agreement: {models: {gold: {gold: clinic}, short: {length: words, target: 1, per: 10}},
      against: {judge: final/verdicts, people: people/verdicts}}
    policies: {stage: compare, before: scratch, methods: {sft: {model: sft}, more: {model: more}},
      trends: {steps: {sft: 40, more: 50}}, data: samples/final_eval, score: {gold: clinic},
      gold: {gold: clinic}, max_prompt_tokens: 200, sampling: {max_new_tokens: 24}}
    """
        .formatted(folder.resolve("run"));
  }

  @Test
  void aStudysStagesBuildOnOneAnother() throws IOException {
    JsonNode result = run(pipeline());

    Set<Object> seen = new HashSet<>();
    for (String set : List.of("tuning_eval", "final_eval", "human_eval")) {
      Path file = folder.resolve("run/samples/" + set + "/prompts.test.jsonl");
      for (Prompt prompt : RowFiles.readPrompts(file).rows()) {
        assertThat(prompt.meta().get("dataset")).isIn("seen", "unseen");
        assertThat(seen.add(prompt.messages())).isTrue();
      }
    }
    assertThat(summary("samples").at("/sets/final_eval/prompts").asInt()).isEqualTo(12);
    assertThat(summary("final").at("/rates/sft/more/mean").asDouble())
        .isEqualTo(1 - summary("final").at("/rates/more/sft/mean").asDouble());
    JsonNode judge = result.at("/agreement/agreement/judge");
    assertThat(judge.at("/models/gold/accuracy/mean").asDouble())
        .as("the judge is gold itself")
        .isEqualTo(1);
    assertThat(judge.at("/models/short/by/models/more against sft/n").asInt())
        .isEqualTo(judge.get("n").asInt());
    JsonNode people = result.at("/people/people");
    assertThat(people.get("simulated").asBoolean()).isTrue();
    assertThat(people.at("/groups/group-2/votes").asInt()).isEqualTo(4 * 3);
    assertThat(VoteFiles.read(folder.resolve("run/people/votes.group-1.jsonl"))).hasSize(4);
    assertThat(result.at("/trends/steps/quality/mean").isNumber()).isTrue();
    JsonNode shown = JSON.readTree(folder.resolve("run/policies/report.json").toFile());
    assertThat(shown.get("items").findValuesAsText("measure")).contains("gold", "kl");
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("Study with people")
        .contains("SIMULATED")
        .contains("Reward models against judges and people");
  }

  @Test
  void dataOfAnyKnownFormBecomesADataSet() throws IOException {
    Path rows = folder.resolve("rows");
    Files.createDirectories(rows);
    StringBuilder alpaca = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      alpaca.append(
          "{\"instruction\": \"Say %d.\", \"input\": \"\", \"output\": \"%d it is.\"}%n"
              .formatted(i, i));
    }
    Files.writeString(rows.resolve("alpaca.jsonl"), alpaca);

    run(
        "out: %s%ndata: {format: files, path: %s, kinds: [demonstrations], test_share: 0.3}"
            .formatted(folder.resolve("run"), rows));

    int train =
        RowFiles.readDemonstrations(folder.resolve("run/data/demonstrations.train.jsonl"))
            .rows()
            .size();
    assertThat(train).isBetween(1, 29);
    assertThat(summary("data").at("/imported/kinds/demonstrations").asInt()).isEqualTo(30);
  }

  @Test
  void treesWithoutLabelsAreRatedByPlaceWhereThatIsAsked() throws IOException {
    Path trees = folder.resolve("trees.jsonl");
    StringBuilder all = new StringBuilder();
    for (int t = 0; t < 12; t++) {
      all.append(
          """
          {"message_tree_id": "t%d", "tree_state": "ready_for_export", "prompt": {"message_id": "m%d", "text": "Why %d?", "role": "prompter", "lang": "en", "review_result": true, "deleted": false, "replies": [{"message_id": "a%d", "parent_id": "m%d", "text": "Because %d is.", "role": "assistant", "lang": "en", "review_result": true, "deleted": false, "rank": 0, "replies": []}, {"message_id": "b%d", "parent_id": "m%d", "text": "No idea.", "role": "assistant", "lang": "en", "review_result": true, "deleted": false, "rank": 1, "replies": []}]}}
          """
              .replace("%d", Integer.toString(t)));
    }
    Files.writeString(trees, all);

    run(
        "out: %s%ndata: {format: oasst, path: %s, rate_by_place: true, test_share: 0.3}"
            .formatted(folder.resolve("run"), trees));

    assertThat(RowFiles.readRatings(folder.resolve("run/data/ratings.train.jsonl")).rows())
        .isNotEmpty()
        .allSatisfy(
            row ->
                assertThat(row.labels().get("quality"))
                    .isEqualTo(row.response().equals("No idea.") ? 0.0 : 1.0));
    assertThat(summary("data").get("rated_by_place").asBoolean()).isTrue();
  }

  @Test
  void aStudyWithPeopleNamesItsModelsOrItsVotes() {
    assertThatThrownBy(() -> run("out: " + folder.resolve("run") + "\npeople: {groups: 2}"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("either 'votes'");
  }
}
