package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.distributed.Ranks;

/**
 * Processes that a cluster's launcher starts, not {@code plumbline launch}: all that they are given
 * are the variables that torchrun sets.
 */
class StartedByOthersTest {
  private static final int RANKS = 2;

  private static final String START =
      """
      out: start
      """
          + TinyStages.start(
              "demonstrations: 48, pairs: 48, rankings: 8, ratings: 8, prompts: 16, test_rows: 8");

  private static final String COMMON =
      """
      model: start/scratch
      data: start/data
      lengths: {too_long: truncate}
      """;

  private static final Map<String, String> METHODS =
      Map.of(
          "sft",
          "rows_per_update: 16\nrows_per_micro_batch: 4\nlora: {r: 2, dropout: 0.1}\n",
          "reward",
          "rows_per_update: 16\nrows_per_micro_batch: 3\n",
          "dpo",
          "pairs_per_update: 16\npairs_per_micro_batch: 4\n",
          "ppo",
          """
          score: {length: words, target: 8, per: 4}
          steps: 3
          prompts_per_update: 8
          rows_per_micro_batch: 3
          ppo_epochs: 2
          sampling: {max_new_tokens: 8}
          """);

  /** Long enough to be killed in. */
  private static final String LONG =
      COMMON
          + """
          rows_per_update: 16
          rows_per_micro_batch: 2
          epochs: 200
          max_steps: 60
          eval_every: 100
          checkpoints: {every: 5}
          """;

  @TempDir static Path folder;

  @BeforeAll
  static void makeTheModel() throws Exception {
    Files.writeString(folder.resolve("start.yaml"), START);
    Files.writeString(folder.resolve("long.yaml"), LONG);
    for (Map.Entry<String, String> method : METHODS.entrySet()) {
      Files.writeString(folder.resolve(method.getKey() + ".yaml"), COMMON + method.getValue());
    }
    alone("run", "start.yaml");
  }

  private static void alone(String... command) throws Exception {
    assertThat(CommandProcess.start(folder, command).waitFor())
        .as(() -> said(CommandProcess.WORDS))
        .isZero();
  }

  private static String said(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One rank, which says what it says in a file of its own. */
  private record Rank(int number, int port, String out, List<String> command) {
    Process start() throws IOException {
      Map<String, String> variables = new HashMap<>();
      variables.put("RANK", "" + number);
      variables.put("WORLD_SIZE", "" + RANKS);
      variables.put("LOCAL_RANK", "" + number);
      variables.put("MASTER_ADDR", "127.0.0.1");
      variables.put("MASTER_PORT", "" + port);
      variables.put("PLUMBLINE_EXCHANGE_SECONDS", "20");
      variables.put("PLUMBLINE_SIGN_SECONDS", "10");
      List<String> words = new ArrayList<>(command);
      words.addAll(List.of("--out", out));
      return CommandProcess.start(
          folder,
          variables,
          List.of("sh", "-c", "exec \"$@\" 2>>" + words(), "sh"),
          words.toArray(String[]::new));
    }

    String words() {
      return "words-" + out + "-" + number;
    }
  }

  private static List<Rank> ranks(String out, String... command) throws IOException {
    int port = Ranks.freePort();
    List<Rank> ranks = new ArrayList<>();
    for (int number = 0; number < RANKS; number++) {
      ranks.add(new Rank(number, port, out, List.of(command)));
    }
    return ranks;
  }

  private static void run(List<Rank> ranks) throws Exception {
    List<Process> running = new ArrayList<>();
    for (Rank rank : ranks) {
      running.add(rank.start());
    }
    for (Rank rank : ranks) {
      assertThat(running.get(rank.number).waitFor()).as(() -> said(rank.words())).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sft", "reward", "dpo", "ppo"})
  void aMethodTrainsWhatOneProcessTrains(String method) throws Exception {
    alone("train", method, method + ".yaml", "--out", method);

    run(ranks(method + "-2", "train", method, method + ".yaml"));

    SameWeights.assertSame(folder.resolve(method), folder.resolve(method + "-2"));
    assertThat(said("words-" + method + "-2-1")).as("rank 1 shows no progress").isBlank();
  }

  @Test
  void aPipelineRunsToItsEnd() throws Exception {
    Files.writeString(
        folder.resolve("pipeline.yaml"),
        """
        sft: {model: start/scratch, data: start/data, rows_per_update: 16, rows_per_micro_batch: 4,
          lengths: {too_long: truncate}}
        evaluate: {before: start/scratch, after: sft, data: start/data, prompts: 8,
          score: {length: words, target: 8, per: 4}, sampling: {max_new_tokens: 8}}
        """);
    alone("run", "pipeline.yaml", "--out", "whole");

    run(ranks("whole-2", "run", "pipeline.yaml"));

    SameWeights.assertSame(folder.resolve("whole/sft"), folder.resolve("whole-2/sft"));
    assertThat(folder.resolve("whole-2/report.html")).exists();
  }

  /** As a Job's pods come back: each by itself, as often as it fails. */
  @Test
  void ranksThatAreStartedAnewOneByOneGoOnFromTheLastCheckpoint() throws Exception {
    alone("train", "sft", "long.yaml", "--out", "long");
    List<Rank> ranks = ranks("pods", "train", "sft", "long.yaml", "--resume");
    List<Process> running = new ArrayList<>();
    for (Rank rank : ranks) {
      running.add(rank.start());
    }
    int starts = RANKS;
    boolean killed = false;
    while (running.stream().anyMatch(rank -> rank.isAlive() || rank.exitValue() != ExitCode.DONE)) {
      for (Rank rank : ranks) {
        Process process = running.get(rank.number);
        if (!process.waitFor(20, TimeUnit.MILLISECONDS) || process.exitValue() == ExitCode.DONE) {
          continue;
        }
        assertThat(starts++).as(() -> said(rank.words())).isLessThan(20);
        running.set(rank.number, rank.start());
      }
      if (!killed && Files.exists(folder.resolve("pods/checkpoints/step-10"))) {
        running.get(1).destroyForcibly();
        killed = true;
      }
    }
    assertThat(killed).isTrue();
    SameWeights.assertSame(folder.resolve("long"), folder.resolve("pods"));
  }
}
