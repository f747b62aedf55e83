package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.config.Config;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** Reward models on files of the benchmarks of preferences, each in the form that it comes in. */
class BestOfBenchmarksTest {
  /** A best-of-n stage of a tiny policy, and of rules that like few characters and many. */
  static final String YAML =
      """
      seed: 3
      out: '%s'
      data: {format: clinic, demonstrations: 4, pairs: 4, prompts: 4, test_rows: 4}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        layers: 1, heads: 2, key_value_heads: 1, max_positions: 256}
      proof:
        stage: best_of_n
        policy: scratch
        models:
          short: {length: characters, target: 0, per: 10}
          long: {length: characters, target: 100000, how: at_least, per: 10}
        data: data
        benchmarks: {%s}
        gold: {gold: clinic}
        n: [2]
        prompts: 2
        against: 1
        pairs: 5000
        sampling: {max_new_tokens: 4}
      """;

  /** Reddit's comments: a label of 1 means the first. */
  private static final List<String> SHP =
      List.of(
          """
          {"post_id": "q1", "domain": "askculinary_validation", "upvote_ratio": 0.98, \
          "history": "How do I keep basil fresh?", "c_root_id_A": "h1", "c_root_id_B": "h2", \
          "created_at_utc_A": 1634139645, "created_at_utc_B": 1634141001, "score_A": 340, \
          "score_B": 166, "human_ref_A": "In water.", "human_ref_B": "Somewhere dark, I think.", \
          "labels": 1, "seconds_difference": 1356.0, "score_ratio": 2.0481927711}""",
          """
          {"post_id": "q2", "domain": "askphysics_test", "upvote_ratio": 0.9, \
          "history": "Why is the sky blue?", "c_root_id_A": "h3", "c_root_id_B": "h4", \
          "created_at_utc_A": 1, "created_at_utc_B": 2, "score_A": 4, "score_B": 12, \
          "human_ref_A": "No idea.", "human_ref_B": "Short waves are scattered more.", \
          "labels": 0, "seconds_difference": 1.0, "score_ratio": 3.0}""",
          """
          {"post_id": "q3", "domain": "askvet_test", "upvote_ratio": 0.7, \
          "history": "My dog sneezes.", "c_root_id_A": "h5", "c_root_id_B": "h6", \
          "created_at_utc_A": 1, "created_at_utc_B": 2, "score_A": 9, "score_B": 3, \
          "human_ref_A": "Dust.", "human_ref_B": "All dogs do.", \
          "labels": 1, "seconds_difference": 1.0, "score_ratio": 3.0}""");

  /** Two answers with what they quote; scores of 0 are a tie, which nobody can be right on. */
  private static final List<String> WEBGPT =
      List.of(
          webGpt("The earth turns away from the sun [1].", 1.0, "Because."),
          webGpt("It is.", 0.3333333333333333, "It is dark because the sun sleeps."),
          webGpt("Yes.", 0.0, "No."));

  /** Two summaries, the choice by its place. */
  private static final List<String> SUMMARIES =
      List.of(
          summaries("Car broke down.", "A car broke down today and now what to do.", 0),
          summaries("Car.", " My car broke; help?", 1),
          summaries("Help.", "A car that broke down needs help.", 1),
          summaries("Broken car.", "Today.", 0));

  @TempDir private Path folder;

  @BeforeEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  private static String webGpt(String first, double score, String second) {
    return """
        {"question": {"dataset": "eli5", "id": "a1b2", "full_text": "Why is it dark at night?"}, \
        "quotes_0": {"title": ["Night (example.org)"], "extract": ["The earth turns."]}, \
        "answer_0": "%s", "tokens_0": {"prefix": [1, 2], "completion": [3]}, "score_0": %s, \
        "quotes_1": {"title": [], "extract": []}, "answer_1": "%s", \
        "tokens_1": {"prefix": [1, 2], "completion": [4, 5]}, "score_1": %s}"""
        .formatted(first, score, second, -score);
  }

  private static String summaries(String first, String second, int choice) {
    return """
        {"info": {"id": "t3_1", "post": "My car broke down today. What can I do?", "title": "Car", \
        "subreddit": "AskReddit", "site": null, "article": null}, \
        "summaries": [{"text": "%s", "policy": "sup4_ppo_rm3_kl10", "note": null}, \
        {"text": "%s", "policy": "ref", "note": "ok"}], "choice": %d, "worker": "w1", \
        "batch": "batch8", "split": "valid1", "extra": {"confidence": 7}}"""
        .formatted(first, second, choice);
  }

  private static String helpful(String chosen, String rejected) {
    String asked = "\\n\\nHuman: How do I boil an egg?\\n\\nAssistant: ";
    return "{\"chosen\": \"%s%s\", \"rejected\": \"%s%s\"}"
        .formatted(asked, chosen, asked, rejected);
  }

  @Test
  void accuracyOnEveryFormIsTheShareOfItsPairsThatAreScoredInTheirOrder() throws IOException {
    Files.write(folder.resolve("shp.jsonl"), SHP);
    Files.write(folder.resolve("webgpt.jsonl"), WEBGPT);
    Files.write(folder.resolve("summaries.jsonl"), SUMMARIES);
    Files.write(
        folder.resolve("helpful.jsonl"),
        List.of(
            helpful("In water, eight minutes.", "I do not know what an egg is, sorry."),
            helpful("Put it into boiling water.", "No."),
            helpful("Slowly.", "Never..")));

    String files =
        "unseen: data, shp: 'D/shp.jsonl', webgpt: 'D/webgpt.jsonl', summaries: 'D/summaries.jsonl',"
            + " helpful: 'D/helpful.jsonl'";
    JsonNode proof = run(folder, files.replace("D", folder.toString()));

    JsonNode model = proof.at("/reward_models/short/benchmarks");
    assertAccuracy(model.get("shp"), 3, 2 / 3.0);
    assertAccuracy(model.get("webgpt"), 2, 1 / 2.0);
    assertAccuracy(model.get("summaries"), 4, 1 / 4.0);
    assertAccuracy(model.get("helpful"), 3, 1.5 / 3);
    assertAccuracy(proof.at("/reward_models/long/benchmarks/summaries"), 4, 3 / 4.0);
    assertThat(model.get("unseen")).isEqualTo(proof.at("/reward_models/short/accuracy"));
    assertThat(proof.at("/between/0/benchmarks/summaries/mean").asDouble())
        .isCloseTo(3 / 4.0 - 1 / 4.0, within(1e-12));
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("Accuracy on further pairs", "long minus short");
  }

  static JsonNode run(Path folder, String benchmarks) {
    Path out = folder.resolve("run");
    return Pipeline.of(Config.parse(YAML.formatted(out, benchmarks), "test"))
        .run(false, Progress.silent());
  }

  static void assertAccuracy(JsonNode accuracy, int pairs, double value) {
    assertThat(accuracy.get("n").asInt()).isEqualTo(pairs);
    assertThat(accuracy.get("mean").asDouble()).isCloseTo(value, within(1e-12));
    assertThat(accuracy.get("low").asDouble()).isLessThanOrEqualTo(value);
    assertThat(accuracy.get("high").asDouble()).isGreaterThanOrEqualTo(value);
  }
}
