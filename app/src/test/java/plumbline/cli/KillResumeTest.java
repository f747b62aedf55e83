package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.cli.KilledRun.Moment;

/**
 * The command as a process that dies at random moments and is started again with {@code --resume}:
 * what it leaves in the end is what a run that nobody disturbed leaves.
 *
 * <p>The system property {@code plumbline.kills} says how often a pipeline is killed, {@code
 * plumbline.kills.seed} when.
 */
class KillResumeTest {
  private static final int KILLS = Integer.getInteger("plumbline.kills", 2);
  private static final long SEED = Long.getLong("plumbline.kills.seed", 1);

  /** Rows of metrics and summaries that the pipeline writes, about. */
  private static final int SIGNS = 56;

  private static final int METHODS_SIGNS = 50;

  /** Fewer than a training alone writes. */
  private static final int ALONE_SIGNS = 50;

  /** A policy with a critic that learns, and with everything else that an update may change. */
  private static final String PPO =
      """
      ppo:
        model: sft
        data: data
        score:
          combine: mean
          of: [{model: reward}, {length: words, target: 8, per: 4, shape: [{moving: centre}]}]
        monitor: {gold: clinic}
        steps: 10
        prompts_per_update: 8
        ppo_epochs: 2
        minibatches: 2
        scoring: {scale: running}
        kl: {target_per_response: 0.5, horizon: 100}
        ema: {}
        ptx: {rows: 4}
        sample_every: 3
        sampling: {max_new_tokens: 8}
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      """;

  private static final String PIPELINE =
      """
      out: run
      """
          + TinyStages.start(
              "demonstrations: 48, pairs: 48, rankings: 8, ratings: 8, prompts: 32, test_rows: 8")
          + """
      sft:
        model: scratch
        data: data
        rows_per_update: 8
        epochs: 2
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      answers: {stage: pairs, model: sft, data: data, pairs: 12, test_pairs: 4, sampling: {max_new_tokens: 6}}
      reward:
        model: sft
        data: data
        rows_per_update: 8
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      dpo:
        model: sft
        data: data
        pairs_per_update: 16
        lengths: {too_long: truncate}
        checkpoints: {every: 1}
      """
          + PPO
          + """
      grpo:
        model: sft
        data: data
        score: {combine: segments, by: word, of: [{length: characters, target: 4, per: 2}]}
        steps: 5
        prompts_per_update: 4
        samples_per_prompt: 2
        rows: {keep: varied}
        lora: {r: 2}
        sampling: {max_new_tokens: 8}
        checkpoints: {every: 1}
      evaluate:
        before: sft
        after: ppo
        data: data
        score: {model: reward}
        gold: {gold: clinic}
        prompts: 8
        sampling: {max_new_tokens: 8}
      eval_reward: {data: data, models: {small: reward}}
      collect:
        data: data
        category: trigger
        writers:
          sft: {model: sft, strength: 1, samples: 2, sampling: {max_new_tokens: 8}}
          ppo: {model: ppo, strength: 2, samples: 2, sampling: {max_new_tokens: 8}}
        ours: sft
        strong: ppo
        proxy: {model: reward, scale: raw}
        judges: [{simulated: clinic, noise: 0.3}]
        funnel: {prompts: 24, part: 4, orders: 1, pairing: {pairs_per_prompt: 2}}
        same_number: false
        people:
          overlap: 2
          known: data
          known_tasks: 2
          simulated: {ann: {flip: 0.1}, ben: {flip: 0.2}}
      collected: {stage: reward, model: sft, data: collect/unfiltered, rows_per_update: 8, lengths: {too_long: truncate}}
      proof:
        stage: best_of_n
        policy: sft
        models: {small: reward, collected: collected}
        data: data
        gold: {gold: clinic}
        n: [2, 3]
        prompts: 6
        against: 2
        sampling: {max_new_tokens: 8}
      compare:
        before: sft
        methods: {ppo: {model: ppo}, grpo: {model: grpo}}
        data: data
        score: {model: reward}
        prompts: 8
        sampling: {max_new_tokens: 8}
      """;

  /** Every other method of training. */
  private static final String METHODS =
      """
      out: run
      """
          + TinyStages.start(
              "demonstrations: 24, pairs: 24, ratings: 24, prompts: 12, test_rows: 4")
          + """
      absolute: {stage: reward, model: scratch, data: data, absolute: {}, rows_per_update: 8, lengths: {too_long: truncate}, checkpoints: {every: 1}}
      kto: {model: scratch, data: data, label: quality, rows_per_update: 4, lengths: {too_long: truncate}, checkpoints: {every: 2}}
      simpo: {model: scratch, data: data, pairs_per_update: 8, lengths: {too_long: truncate}, checkpoints: {every: 1}}
      online: {stage: online_dpo, model: scratch, data: data, rounds: 2, prompts_per_round: 4, samples_per_prompt: 3, temperatures: [1.2],
        pairs_per_update: 2, epochs: 2, sampling: {max_new_tokens: 8}, checkpoints: {every: 1}, score: {length: characters, target: 20, per: 5},
        lengths: {max_prompt_tokens: 200, max_response_tokens: 8}}
      """
          + Stream.of("rloo", "remax", "reinforce", "raft", "bestofn")
              .map(
                  method ->
                      method
                          + ": {model: scratch, data: data, score: {length: words, target: 8, per: 4}, steps: 3, prompts_per_update: 4,"
                          + " sampling: {max_new_tokens: 8}, checkpoints: {every: 1}}\n")
              .collect(Collectors.joining());

  @TempDir static Path folder;

  private static Map<String, Object> wanted;

  @BeforeAll
  static void runUndisturbed() throws Exception {
    wanted = run("undisturbed", PIPELINE).undisturbed();
    assertThat(wanted.keySet())
        .contains("sft/model/model.safetensors", "ppo/metrics.jsonl", "answers/pairs.train.jsonl")
        .contains("collect/votes.jsonl", "collect/step3/pairs.train.jsonl")
        .contains("ppo/checkpoints/step-8/state.safetensors", "compare/summary.json")
        .contains("ppo/events.out.tfevents", "sft/events.out.tfevents");
  }

  @Test
  void aPipelineKilledAtRandomMomentsLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    assertSameAfterKills(run("killed", PIPELINE), Moment.ANY, SIGNS, wanted);
  }

  @Test
  void aPipelineKilledWhileItSavesLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    assertSameAfterKills(run("saving", PIPELINE), Moment.SAVING, SIGNS, wanted);
  }

  @Test
  void everyOtherMethodKilledLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    Map<String, Object> methods = run("methods", METHODS).undisturbed();
    assertSameAfterKills(run("methods-killed", METHODS), Moment.ANY, METHODS_SIGNS, methods);
  }

  @Test
  void aPolicyKilledAtRandomMomentsLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    Path models = folder.resolve("undisturbed/run");
    String keys = PPO.replaceAll("(model|data): (sft|data|reward)\\b", "$1: " + models + "/$2");
    int steps = 10 + 3 * KILLS;
    String alone =
        "out: run\n"
            + keys.substring(keys.indexOf('\n') + 1)
                .indent(-2)
                .replace("steps: 10", "steps: " + steps);
    Map<String, Object> policy = train("ppo", "policy", alone).undisturbed();
    assertThat(policy.keySet()).contains("model/model.safetensors", "metrics.jsonl");
    assertSameAfterKills(train("ppo", "policy-killed", alone), Moment.ANY, steps, policy);
  }

  /** What {@code train} takes alone, whose rows are of the pipeline that nobody disturbed. */
  private static final Map<String, String> ALONE =
      Map.of(
          "sft",
          "rows_per_update: 8\nepochs: 20",
          "reward",
          "rows_per_update: 8\nepochs: 20\npreference: {}\nabsolute: {}",
          "dpo",
          "pairs_per_update: 8\nepochs: 20",
          "kto",
          "label: quality\nrows_per_update: 2\nepochs: 30");

  @ParameterizedTest
  @ValueSource(strings = {"sft", "reward", "dpo", "kto"})
  void aTrainingOfItsOwnKilledAtRandomMomentsLeavesWhatAnUndisturbedOneLeaves(String method)
      throws Exception {
    Path models = folder.resolve("undisturbed/run");
    String config =
        "out: run\nmodel: %s/sft\ndata: %s/data\n%s\n".formatted(models, models, ALONE.get(method))
            + "lengths: {too_long: truncate}\ncheckpoints: {every: 1}\n";
    Map<String, Object> alone = train(method, method, config).undisturbed();
    assertThat(alone.keySet()).contains("model/model.safetensors", "metrics.jsonl");
    assertSameAfterKills(train(method, method + "-killed", config), Moment.ANY, ALONE_SIGNS, alone);
  }

  @Test
  void aPipelineThatIsToldToEndSaysHowToGoOnAndGoesOnLater() throws Exception {
    KilledRun run = run("ended", PIPELINE);
    Process process = run.start();
    run.awaitWork(process, 10);
    process.destroy();
    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(run.words())
        .contains("plumbline: interrupted; go on with: plumbline run pipeline.yaml --resume");
    run.assertEndsAs(wanted);
  }

  private static void assertSameAfterKills(
      KilledRun run, Moment moment, int signs, Map<String, Object> wanted) throws Exception {
    assertThat(run.assertSameAfterKills(KILLS, moment, signs, SEED, wanted))
        .as("kills that met a living process")
        .isPositive();
  }

  private static KilledRun run(String name, String pipeline) throws IOException {
    return written(name, pipeline, "run", "pipeline.yaml");
  }

  private static KilledRun train(String method, String name, String config) throws IOException {
    return written(name, config, "train", method, "pipeline.yaml");
  }

  private static KilledRun written(String name, String config, String... words) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    Files.writeString(place.resolve("pipeline.yaml"), config);
    List<String> command = new ArrayList<>(List.of(words));
    command.addAll(List.of("--resume", "--threads", "1"));
    return new KilledRun(place, command);
  }
}
