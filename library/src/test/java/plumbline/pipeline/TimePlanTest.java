package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.hub.PublishedShapes;
import plumbline.tensor.EngineRate;
import plumbline.train.Progress;

class TimePlanTest {
  private static final String PIPELINE =
      """
      out: OUT
      data: {format: clinic, demonstrations: 320, pairs: 64, prompts: 32, test_rows: 16}
      scratch: {data: data, hidden_size: 32, intermediate_size: 64, vocabulary_size: 400, layers: 2}
      sft: {model: scratch, data: data, rows_per_update: 32, eval_every: 1000000, eval_rows: 1,
        lengths: {max_prompt_tokens: 100, max_response_tokens: 50}}
      """;

  private static final EngineRate RATE = new EngineRate(1e9, 1e9);

  private static final double HEAD = 2.0 * 32 * 400;

  @TempDir private Path folder;

  private static long matrices() {
    return 2L * (2 * 32 * 32 + 2 * 16 * 32 + 3 * 32 * 64);
  }

  /** Two operations for each weight and token, three forward passes for an update of a row. */
  @Test
  void trainingsOperationsAreThoseOfItsPasses() {
    double found = operations(PIPELINE, "sft");

    double attention = 2.0 * 2 * 32 * 150;
    double row = 150 * (2.0 * matrices() + attention) + 50 * HEAD;
    assertThat(found).isCloseTo((3 * 320 + 1) * row, within(1.0));
    assertThat(estimate(PIPELINE, "sft").seconds().getAsDouble())
        .isCloseTo(found / 1e9, within(5.0));
  }

  @Test
  void moreEpochsTakeLongerAndAnAdapterLess() {
    double once = operations(PIPELINE, "sft");

    assertThat(operations(PIPELINE.replace("rows_per_update: 32", "epochs: 2"), "sft"))
        .isCloseTo(2 * once, within(0.01 * once));
    assertThat(operations(PIPELINE.replace("rows_per_update: 32", "lora: {r: 4}"), "sft"))
        .isCloseTo(2.0 / 3 * once, within(0.01 * once));
    assertThat(
            operations(
                PIPELINE.replace("rows_per_update: 32", "activation_checkpointing: true"), "sft"))
        .isCloseTo(4.0 / 3 * once, within(0.01 * once));
  }

  /** A server's sampling is not this machine's, but what it drew is read by the policy. */
  @Test
  void whatAServerSamplesCostsNothingHere() {
    String policy =
        PIPELINE
            + """
            ppo: {model: sft, data: data, score: {length: words, target: 8, per: 4}, steps: 5,
              prompts_per_update: 16, ppo_epochs: 2, critic: {kind: none}, advantage: {estimator: reinforce},
              lora: {r: 2}, sampling: {max_new_tokens: 20},
              lengths: {max_prompt_tokens: 100, max_response_tokens: 20}}
            """;
    String served =
        policy.replace("lora:", "rollout_server: {endpoint: 'http://h:1/v1', model: m}, lora:");

    // The reference's log-probs and two epochs of two passes; then the policy's log-probs too.
    double pass = 5 * 16 * (120 * (2.0 * matrices() + 2.0 * 2 * 32 * 120) + 20 * HEAD);
    double prompts = 5 * 16 * (100 * (2.0 * matrices() + 2.0 * 2 * 32 * 100) + HEAD);
    double sampled = 5 * 16 * 20 * (2.0 * matrices() + HEAD + 4.0 * 2 * 32 * 120);
    assertThat(operations(policy, "ppo")).isCloseTo(5 * pass + prompts + sampled, within(1.0));
    assertThat(operations(served, "ppo")).isCloseTo(6 * pass, within(1.0));
    assertThat(estimate(served, "ppo").seconds().getAsDouble())
        .isLessThan(estimate(policy, "ppo").seconds().getAsDouble());
  }

  @Test
  void stagesWhoseRowsCannotBeToldHaveNoTime() {
    ConfigTree tree =
        tree(
            """
            scratch: {data: nowhere}
            sft: {model: scratch, data: nowhere}
            brief: {stage: sft, model: scratch, data: nowhere, max_steps: 3}
            """);

    List<StageTime> times =
        Pipeline.of(tree).time(ModelFinder.of(Map.of(), HubProgress.silent()), RATE);

    assertThat(times.get(1).seconds()).isEmpty();
    assertThat(times.get(2).seconds()).isPresent();
  }

  /** The examples' models are planned without a hub. */
  @Test
  void publishedShapesArePlannedWithoutAHub() {
    ModelFinder shapes =
        ModelFinder.ofShapes(
            Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", folder.toString()), HubProgress.silent());
    Map<String, Long> weights =
        Map.of(
            "openai-community/gpt2", 124_439_808L,
            "meta-llama/Llama-3.1-8B", 8_030_261_248L,
            "meta-llama/Llama-3.2-1B", 1_235_814_400L);

    weights.forEach(
        (name, parameters) -> {
          ConfigTree tree = tree("sft: {model: %s, data: nowhere, max_steps: 1}".formatted(name));
          StageMemory memory = Pipeline.of(tree).memory(Long.MAX_VALUE, shapes).get(0);
          assertThat(memory.bytes("weights")).as(name).isEqualTo(4 * parameters);
        });
    assertThat(PublishedShapes.names()).containsAll(weights.keySet());
  }

  @Test
  void aDryCheckNeedsNoDataAndWritesNothing() {
    String yaml =
        "out: %s\ndata: {format: mts_dialog, path: none.jsonl}\nscratch: {data: data}\n"
            .formatted(folder.resolve("run"));

    List<String> notes =
        Pipeline.of(tree(yaml)).check(ModelFinder.of(Map.of(), HubProgress.silent()));

    assertThat(notes).hasSize(1).allMatch(note -> note.startsWith("data: there is no none.jsonl"));
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void theTimeLeftFollowsWhatTheStagesTook() {
    List<String> told = new ArrayList<>();
    List<StageTime> times =
        List.of(
            new StageTime("a", "data", 1, OptionalDouble.of(10)),
            new StageTime("b", "sft", 1, OptionalDouble.of(20)),
            new StageTime("c", "collect", 0, OptionalDouble.empty()));
    StageProgress progress = new StageProgress(times, noting(told));

    progress.begin(0, 3, "a", "data");
    progress.end(0, 60);
    progress.begin(1, 3, "b", "sft");
    new StageProgress(List.of(), noting(told)).begin(0, 1, "sft", "sft");

    assertThat(told)
        .containsExactly(
            "stage 1 of 3: a (data), about 30 s or more left",
            "stage 2 of 3: b (sft), about 2 min or more left",
            "stage 1 of 1: sft");
  }

  private static Progress noting(List<String> told) {
    return new Progress() {
      @Override
      public Task start(String label, long total) {
        return Progress.silent().start(label, total);
      }

      @Override
      public void note(String line) {
        told.add(line);
      }
    };
  }

  private double operations(String yaml, String stage) {
    return estimate(yaml, stage).operations();
  }

  private StageTime estimate(String yaml, String stage) {
    return Pipeline.of(tree(yaml.replace("OUT", folder.toString())))
        .time(ModelFinder.of(Map.of(), HubProgress.silent()), RATE)
        .stream()
        .filter(time -> time.stage().equals(stage))
        .findFirst()
        .orElseThrow();
  }

  private static ConfigTree tree(String yaml) {
    return Config.parse(yaml, "t.yaml");
  }
}
