package plumbline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.TinyModels;
import plumbline.distributed.Ranks;

/** Several processes that train on the responses of one server. */
class ServedLaunchTest {
  private static final String START =
      "out: start\n"
          + TinyStages.start(
              "demonstrations: 24, pairs: 8, rankings: 8, ratings: 8, prompts: 16, test_rows: 8");

  /** AdamW without an epsilon to speak of would divide the rounding of gradients by itself. */
  private static final String PPO =
      """
      model: start/scratch
      data: start/data
      score: {length: words, target: 8, per: 4}
      steps: 3
      prompts_per_update: 8
      rows_per_micro_batch: 3
      ppo_epochs: 2
      lora: {r: 2}
      optimizer: {epsilon: 1e-3}
      sampling: {max_new_tokens: 8}
      lengths: {too_long: truncate}
      rollout_server: {endpoint: 'http://127.0.0.1:%d/v1', model: scratch}
      """;

  @TempDir Path folder;

  private void run(String... words) throws Exception {
    assertThat(CommandProcess.start(folder, words).waitFor())
        .as(() -> new String(TinyModels.bytes(folder.resolve(CommandProcess.WORDS)), UTF_8))
        .isZero();
  }

  @Test
  void severalProcessesTrainWhatOneTrains() throws Exception {
    int port = Ranks.freePort();
    Files.writeString(folder.resolve("start.yaml"), START);
    Files.writeString(folder.resolve("ppo.yaml"), PPO.formatted(port));
    run("run", "start.yaml");
    Process server =
        CommandProcess.start(
            folder,
            Map.of(),
            List.of("sh", "-c", "exec \"$@\" 2>served", "sh"),
            "serve",
            "start/scratch/model",
            "--name",
            "scratch",
            "--lora-folder",
            folder.toString(),
            "--port",
            "" + port);
    try {
      CommandProcess.awaitListening(port, server);
      run("train", "ppo", "ppo.yaml", "--out", "one");
      run("launch", "--nproc", "2", "train", "ppo", "ppo.yaml", "--out", "two");
    } finally {
      server.destroyForcibly().waitFor();
    }

    SameWeights.assertSame(folder.resolve("one"), folder.resolve("two"));
    assertThat(folder.resolve("two/adapters")).doesNotExist();
    List<Double> kl = kl("one");
    assertThat(kl.get(2)).as("the policy moves").isNotZero();
    for (int step = 0; step < 3; step++) {
      assertThat(kl("two").get(step)).isCloseTo(kl.get(step), within(1e-5));
    }
  }

  private List<Double> kl(String run) {
    return TinyModels.metrics(folder.resolve(run)).stream()
        .map(row -> row.get("objective/kl").doubleValue())
        .toList();
  }
}
