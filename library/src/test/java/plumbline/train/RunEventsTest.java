package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.util.Event;
import plumbline.TensorBoardEvents;

class RunEventsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static ObjectNode sample(long step, String response) {
    return JSON.createObjectNode().put("step", step).put("prompt", "p").put("response", response);
  }

  private RunDirectory start() {
    return RunDirectory.start(folder, "n", "ppo", 7, "");
  }

  /** The run goes on from its first three rows, with what a checkpoint knew of the logs. */
  private RunDirectory interruptedAfterThreeOfFive(int forgotten) throws IOException {
    Map<String, Long> lengths;
    try (RunDirectory run = start()) {
      log(run, 1, 3);
      lengths = run.logLengths();
      log(run, 4, 3 + forgotten);
    }
    Files.createDirectories(folder.resolve("checkpoints/step-3"));
    RunDirectory again = RunDirectory.resume(folder, "n", "ppo", 7, "");
    again.truncateLogs(lengths);
    return again;
  }

  private static void log(RunDirectory run, int from, int to) {
    for (int step = from; step <= to; step++) {
      run.metrics(step, Map.of("loss/train", 1.0 / step, "lr", step * 1e-3));
      run.sample(sample(step, "a" + step));
      run.sample(sample(step, "b" + step));
    }
  }

  private static List<String> wanted(int steps) {
    return IntStream.rangeClosed(1, steps)
        .boxed()
        .flatMap(
            step ->
                List.of(
                    step + " loss/train " + (float) (1.0 / step),
                    step + " lr " + (float) (step * 1e-3),
                    step + " samples/1 prompt\n\n    p\n\nresponse\n\n    a" + step + "\n",
                    step + " samples/2 prompt\n\n    p\n\nresponse\n\n    b" + step + "\n")
                    .stream())
        .toList();
  }

  @Test
  void everyRowOfTheLogsIsAnEvent() throws IOException {
    try (RunDirectory run = start()) {
      log(run, 1, 5);
      assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(5));
    }
    assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(5));
  }

  @Test
  void aRunWithoutMetricsHasNoEvents() throws IOException {
    try (RunDirectory run = start()) {
      run.sample(JSON.createObjectNode().put("prompt", "p"));
      run.finish();
    }
    assertThat(TensorBoardEvents.files(folder)).isEmpty();
  }

  @Test
  void whatIsNotFiniteIsLeftOut() throws IOException {
    try (RunDirectory run = start()) {
      run.metrics(1, Map.of("a", Double.NaN, "b", 2.0, "c", Double.POSITIVE_INFINITY));
    }
    assertThat(TensorBoardEvents.values(folder)).containsExactly("1 b 2.0");
  }

  @Test
  void aRunThatGoesOnHasEachStepOnce() throws IOException {
    for (int forgotten = 0; forgotten <= 2; forgotten++) {
      try (RunDirectory run = interruptedAfterThreeOfFive(forgotten)) {
        assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(3));
        log(run, 4, 6);
      }
      assertThat(TensorBoardEvents.values(folder)).as("%d", forgotten).isEqualTo(wanted(6));
    }
  }

  @Test
  void aRunThatGoesOnKeepsTheTimesOfItsStepsInAFileThatSortsBehindTheOld() throws IOException {
    Path old;
    try (RunDirectory run = start()) {
      log(run, 1, 3);
      old = TensorBoardEvents.file(folder);
    }
    List<Double> times = times();
    Files.createDirectories(folder.resolve("checkpoints/step-3"));
    try (RunDirectory run = RunDirectory.resume(folder, "n", "ppo", 7, "")) {
      log(run, 4, 4);
    }
    assertThat(times()).startsWith(times.toArray(Double[]::new)).hasSize(4);
    assertThat(TensorBoardEvents.file(folder)).isGreaterThan(old);
  }

  private List<Double> times() throws IOException {
    return TensorBoardEvents.read(TensorBoardEvents.file(folder)).stream()
        .filter(event -> event.getSummary().getValueCount() == 2)
        .map(Event::getWallTime)
        .toList();
  }

  @Test
  void tornEventsOfAKilledProcessAreMended() throws IOException {
    Map<String, Long> lengths;
    try (RunDirectory run = start()) {
      log(run, 1, 3);
      lengths = run.logLengths();
    }
    Path file = TensorBoardEvents.file(folder);
    Files.write(file, new byte[] {44, 0, 0}, StandardOpenOption.APPEND);
    Files.createDirectories(folder.resolve("checkpoints/step-3"));
    try (RunDirectory run = RunDirectory.resume(folder, "n", "ppo", 7, "")) {
      run.truncateLogs(lengths);
      log(run, 4, 4);
    }
    assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(4));
  }

  @Test
  void aRunThatGoesOnFromItsBeginningHasNoEventsOfBefore() throws IOException {
    try (RunDirectory run = interruptedAfterThreeOfFive(2)) {
      run.truncateLogs(Map.of());
      assertThat(TensorBoardEvents.files(folder)).isEmpty();
      log(run, 1, 1);
    }
    assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(1));
  }

  /** Its name is of a moment that no later file's is of: nobody would write over it. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFileThatAKilledProcessHasBegunIsTakenAway(boolean goesOn) throws IOException {
    start().close();
    Path begun = folder.resolve("events.out.tfevents.1795328710.plumbline.tmp");
    Files.write(begun, new byte[] {24, 0});
    Files.createDirectories(folder.resolve("checkpoints/step-3"));
    try (RunDirectory run = goesOn ? RunDirectory.resume(folder, "n", "ppo", 7, "") : start()) {
      log(run, 1, 1);
    }
    assertThat(begun).doesNotExist();
    assertThat(TensorBoardEvents.values(folder)).isEqualTo(wanted(1));
  }

  @Test
  void aRunThatStartsAgainForgetsOldEvents() throws IOException {
    try (RunDirectory run = start()) {
      log(run, 1, 2);
    }
    start().close();
    assertThat(TensorBoardEvents.files(folder)).isEmpty();
  }
}
