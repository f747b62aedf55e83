package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.cli.KilledRun.Moment;

/**
 * The quickstart, smaller: killed at random moments of all its stages.
 *
 * <p>{@code plumbline.quickstart.kills} says how often in all, {@code plumbline.kills.seed} when.
 */
class QuickstartKillTest {
  private static final int KILLS = Integer.getInteger("plumbline.quickstart.kills", 3);
  private static final long SEED = Long.getLong("plumbline.kills.seed", 1);

  /** Kills of one run: with more, the starting of processes is most of what is killed. */
  private static final int KILLS_OF_A_RUN = 10;

  private static final int SIGNS = 45;

  private static final List<String> SMALL =
      List.of(
          "data.demonstrations=160",
          "data.pairs=80",
          "data.prompts=32",
          "data.test_rows=8",
          "scratch.hidden_size=16",
          "scratch.intermediate_size=16",
          "scratch.layers=1",
          "scratch.heads=2",
          "scratch.key_value_heads=1",
          "sft.max_steps=14",
          "sft.checkpoints.every=2",
          "reward.max_steps=10",
          "reward.rows_per_update=8",
          "reward.checkpoints.every=2",
          "ppo.steps=12",
          "ppo.prompts_per_update=8",
          "ppo.checkpoints.every=2",
          "ppo.sampling.max_new_tokens=8",
          "evaluate.sampling.max_new_tokens=8",
          "evaluate.prompts=8");

  @TempDir private Path folder;

  @Test
  void aKilledQuickstartEndsWithTheBytesOfAnUndisturbedOne() throws Exception {
    Map<String, Object> wanted = quickstart("undisturbed").undisturbed();
    ExecutorService sideBySide =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
    int killed = 0;
    try {
      for (int run = 0; killed < KILLS; ) {
        List<Future<Integer>> runs = new ArrayList<>();
        for (int missing = KILLS - killed; missing > 0; missing -= KILLS_OF_A_RUN) {
          int kills = Math.min(KILLS_OF_A_RUN, missing);
          KilledRun next = quickstart("run-" + run++);
          runs.add(
              sideBySide.submit(
                  () -> next.assertSameAfterKills(kills, Moment.ANY, SIGNS, SEED, wanted)));
        }
        for (Future<Integer> each : runs) {
          killed += each.get();
        }
      }
    } finally {
      sideBySide.shutdownNow();
    }
    System.err.printf("quickstart: %d kills, every run ended with the same bytes%n", killed);
    assertThat(killed).isEqualTo(KILLS);
  }

  private KilledRun quickstart(String name) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    List<String> words = new ArrayList<>(List.of("quickstart", "-q", "--resume", "--out", "run"));
    words.addAll(List.of("--threads", "1"));
    SMALL.forEach(setting -> words.addAll(List.of("--set", setting)));
    return new KilledRun(place, words);
  }
}
