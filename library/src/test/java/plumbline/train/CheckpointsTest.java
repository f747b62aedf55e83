package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class CheckpointsTest {
  private static final int STEPS = 9;

  @TempDir Path folder;

  /** A loop that adds its step to a weight in two precisions and to a number. */
  private final class Loop {
    private final Tensor weight = kept(0);
    private final Tensor wide = Scopes.call(() -> Scopes.keep(kept(0).to(ScalarType.Double)));
    private final EpochOrder order = new EpochOrder(5, 1);
    private double number;

    private static Tensor kept(double value) {
      return Scopes.call(() -> Scopes.keep(Ops.floats(new float[] {(float) value}, 1)));
    }

    /** Returns the steps that were done before. */
    long run(long from, long last, int every, int keepLast) {
      try (RunDirectory run = from == 0 ? TinyModels.run(folder) : TinyModels.resumed(folder)) {
        Checkpoints checkpoints =
            new Checkpoints(run, new CheckpointConfig(every, keepLast), STEPS)
                .weights("weights", Map.of("w", weight))
                .tensors("wide", () -> Map.of("w", wide), saved -> Scopes.run(() -> restore(saved)))
                .order("order", order)
                .numbers(
                    "number",
                    () -> JsonNodeFactory.instance.numberNode(number),
                    saved -> number = saved.doubleValue());
        long done = checkpoints.resume();
        for (long step = done + 1; step <= last; step++) {
          order.next(2);
          double added = 0.1 * step;
          Scopes.run(() -> weight.add_(new Scalar(added)));
          Scopes.run(() -> wide.add_(new Scalar(added)));
          number += added;
          run.metrics(step, Map.of("number", number));
          checkpoints.after(step);
        }
        return done;
      }
    }

    private void restore(Map<String, Tensor> saved) {
      wide.copy_(saved.get("w"));
    }

    List<Double> state() {
      return List.of(
          number,
          Ops.toDoubles(weight)[0],
          Ops.toDoubles(wide)[0],
          (double) order.position(),
          (double) Arrays.hashCode(order.next(3)));
    }
  }

  private List<Double> uninterrupted() {
    Loop loop = new Loop();
    loop.run(0, STEPS, 100, 1);
    return loop.state();
  }

  private static void assertLogged(Path run) {
    List<JsonNode> rows = TinyModels.metrics(run);
    assertThat(rows).hasSize(STEPS);
    for (int i = 0; i < STEPS; i++) {
      assertThat(rows.get(i).get("step").asInt()).isEqualTo(i + 1);
    }
  }

  private void assertGoesOnFrom(long step) {
    Loop loop = new Loop();
    assertThat(loop.run(1, STEPS, 2, 2)).isEqualTo(step);
    assertLogged(folder);
    List<Double> state = loop.state();
    assertThat(state).isEqualTo(uninterrupted());
  }

  private List<String> names() throws IOException {
    try (var entries = Files.list(folder.resolve("checkpoints"))) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void theStateIsThatOfTheUninterruptedLoop() throws IOException {
    new Loop().run(0, 7, 2, 2);
    assertThat(names()).containsExactly("step-4", "step-6");
    assertGoesOnFrom(6);
  }

  @Test
  void whatWasLoggedAfterTheCheckpointIsLoggedOnce() {
    new Loop().run(0, 5, 3, 2);
    assertThat(TinyModels.metrics(folder)).hasSize(5);
    assertGoesOnFrom(3);
  }

  @Test
  void aTornFileIsPassedOverAndSaidSo() throws IOException {
    new Loop().run(0, 7, 2, 2);
    Path file = folder.resolve("checkpoints/step-6/state.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 3));
    assertGoesOnFrom(4);
  }

  @Test
  void aFlippedBitIsSeen() throws IOException {
    for (String name : List.of("state.safetensors", "state.json")) {
      new Loop().run(0, 7, 2, 2);
      Path file = folder.resolve("checkpoints/step-6").resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length - 8] ^= 4;
      Files.write(file, bytes);
      Loop loop = new Loop();
      assertThat(loop.run(1, STEPS, 2, 2)).isEqualTo(4);
      assertThat(TinyModels.json(folder.resolve("run.json")).get("warnings").toString())
          .contains("step-6/" + name, "passed over");
    }
  }

  @Test
  void withoutAWholeCheckpointTheLoopBeginsAnew() throws IOException {
    new Loop().run(0, 3, 2, 1);
    Files.delete(folder.resolve("checkpoints/step-2/state.json"));
    assertGoesOnFrom(0);
  }

  @Test
  void aCheckpointThatWasNotFinishedIsNoCheckpoint() throws IOException {
    new Loop().run(0, 3, 2, 1);
    Files.move(folder.resolve("checkpoints/step-2"), folder.resolve("checkpoints/step-2.tmp"));
    assertGoesOnFrom(0);
  }

  @Test
  void whatAKilledRunHadStillToForgetIsForgotten() throws IOException {
    new Loop().run(0, 7, 2, 3);
    assertThat(names()).containsExactly("step-2", "step-4", "step-6");
    // Nothing is saved behind step 6: only the resuming itself can forget.
    assertThat(new Loop().run(1, 7, 100, 2)).isEqualTo(6);
    assertThat(names()).containsExactly("step-4", "step-6");
  }

  @Test
  void theCheckpointGoneOnFromIsKept() throws IOException {
    new Loop().run(0, 7, 2, 3);
    Files.delete(folder.resolve("checkpoints/step-6/state.json"));
    assertThat(new Loop().run(1, 7, 100, 1)).isEqualTo(4);
    assertThat(names()).containsExactly("step-4", "step-6");
  }

  @Test
  void theBestCheckpointIsKeptBesideTheNewest() throws IOException {
    for (CheckpointConfig.Best best : CheckpointConfig.Best.values()) {
      CheckpointConfig config = new CheckpointConfig(1, 1, Optional.of("loss"), best);
      double[] losses = {3, Double.NaN, 1, 5, 1, 2, 2};
      try (RunDirectory run = TinyModels.run(folder)) {
        Checkpoints checkpoints = new Checkpoints(run, config, STEPS);
        for (int step = 1; step <= losses.length; step++) {
          run.metrics(step, Map.of("loss", losses[step - 1]));
          checkpoints.after(step);
        }
      }
      String kept = best == CheckpointConfig.Best.LOWEST ? "step-5" : "step-4";
      assertThat(names()).containsExactly(kept, "step-7");
      try (RunDirectory run = TinyModels.resumed(folder)) {
        assertThat(new Checkpoints(run, config, STEPS).resume()).isEqualTo(7);
      }
      assertThat(names()).containsExactly(kept, "step-7");
    }
  }

  @Test
  void aFullDiskLeavesTheCheckpointBeforeAndSaysHowToGoOn() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    assumeTrue(
        shell("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()) == 0,
        "a small disk cannot be mounted here");
    try {
      Tensor weight = Scopes.call(() -> Scopes.keep(Ops.floats(new float[70_000], 70_000)));
      try (weight) {
        assertThatThrownBy(() -> fill(disk, weight))
            .isInstanceOf(InputException.class)
            .hasMessageContainingAll("checkpoints/step-4: cannot be written", "--resume")
            .message()
            .hasLineCount(1);
        try (var left = Files.list(disk.resolve("checkpoints"))) {
          assertThat(left.map(path -> path.getFileName().toString()))
              .containsExactlyInAnyOrder("step-1", "step-2", "step-3");
        }
        shell("mount", "-o", "remount,size=4m", disk.toString());
        try (RunDirectory run = TinyModels.resumed(disk)) {
          assertThat(ofWeight(run, weight).resume()).isEqualTo(3);
          assertThat(Ops.toDoubles(weight)).containsOnly(3);
        }
      }
    } finally {
      shell("umount", disk.toString());
    }
  }

  private static void fill(Path disk, Tensor weight) {
    try (RunDirectory run = TinyModels.run(disk)) {
      Checkpoints checkpoints = ofWeight(run, weight);
      for (int step = 1; step < STEPS; step++) {
        Scopes.run(() -> weight.add_(new Scalar(1)));
        run.metrics(step, Map.of("number", 1.0));
        checkpoints.after(step);
      }
    }
  }

  private static Checkpoints ofWeight(RunDirectory run, Tensor weight) {
    return new Checkpoints(run, new CheckpointConfig(1, 5), STEPS)
        .weights("weights", Map.of("w", weight));
  }

  private static int shell(String... words) throws Exception {
    return new ProcessBuilder(words)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void aNewRunForgetsTheCheckpointsOfTheOneBefore() {
    new Loop().run(0, 3, 2, 1);
    assertThat(new Loop().run(0, STEPS, 2, 1)).isZero();
  }
}
