package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunWatchTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private static void change(Path run, Consumer<ObjectNode> change) throws IOException {
    Path file = run.resolve("run.json");
    ObjectNode info = (ObjectNode) JSON.readTree(Files.readString(file));
    change.accept(info);
    Files.writeString(file, info.toString());
  }

  private WatchedRun only(RunWatch watch) {
    assertThat(watch.runs()).hasSize(1);
    return watch.runs().get(0);
  }

  @Test
  void whatIsNewIsSeenOnce() throws IOException {
    MlflowTest.run(folder, "running", 2);
    RunWatch watch = new RunWatch(folder, true);
    assertThat(watch.look()).isTrue();
    assertThat(watch.look()).isFalse();
    MlflowTest.rows(folder, 3);
    assertThat(watch.look()).isTrue();
    assertThat(only(watch).step()).isEqualTo(3);
    change(folder, info -> info.put("status", "ok"));
    assertThat(watch.look()).isTrue();
    assertThat(watch.isWorking()).isFalse();
  }

  @Test
  void theTimeLeftIsThatOfLateStepsWhateverPausedThemBefore() throws IOException {
    MlflowTest.run(folder, "running", 0);
    change(folder, info -> info.put("steps", 40));
    double[] moments = {0, 2, 4, 6, 1006, 1008, 1010, 1012};
    EventLog.export(
        folder,
        java.util.stream.LongStream.rangeClosed(1, 8)
            .<com.fasterxml.jackson.databind.JsonNode>mapToObj(
                step -> JSON.createObjectNode().put("step", step).put("loss/train", 1.0))
            .toList(),
        List.of(),
        step -> 1.7e9 + moments[(int) step - 1]);
    MlflowTest.rows(folder, 8);
    RunWatch watch = new RunWatch(folder, true);
    watch.look();
    assertThat(only(watch).secondsPerStep()).hasValue(2);
    assertThat(only(watch).secondsLeft()).hasValue(64);
    assertThat(only(watch).health(1.7e9 + 1020)).isEmpty();
    assertThat(only(watch).health(1.7e9 + 2000))
        .containsExactly(new WatchedRun.Health(true, "no step for 988 s; one takes 2.0 s"));
  }

  @Test
  void alarmsNumbersThatAreLostAndWarningsAreItsHealth() throws IOException {
    MlflowTest.run(folder, "running", 0);
    Files.writeString(
        folder.resolve("metrics.jsonl"),
        "{\"step\":1,\"alarm/kl_explodes\":1,\"alarm/negative_kl\":0,\"loss/policy\":null}\n");
    change(
        folder,
        info ->
            info.putArray("warnings").add("two rows were cut").add("update 1: kl_explodes: why"));
    RunWatch watch = new RunWatch(folder, true);
    watch.look();
    assertThat(only(watch).health(0))
        .containsExactly(
            new WatchedRun.Health(true, "update 1: kl_explodes: why"),
            new WatchedRun.Health(true, "not finite at step 1: loss/policy"),
            new WatchedRun.Health(false, "two rows were cut"));
  }

  @Test
  void aRunWhoseProcessDiedIsInterrupted() throws IOException {
    MlflowTest.run(folder, "running", 1);
    Files.writeString(folder.resolve("run.lock"), "");
    RunWatch watch = new RunWatch(folder, false);
    watch.look();
    assertThat(only(watch).state()).isEqualTo(RunFolder.State.INTERRUPTED);
    assertThat(only(watch).health(0).get(0).text()).contains("--resume");
    try (var channel =
            java.nio.channels.FileChannel.open(
                folder.resolve("run.lock"), java.nio.file.StandardOpenOption.WRITE);
        var lock = channel.lock()) {
      assertThat(lock.isValid()).isTrue();
      watch.look();
      assertThat(only(watch).state()).isEqualTo(RunFolder.State.RUNNING);
    }
  }

  @Test
  void theStageThatIsAtWorkIsTheOneToLookAt() throws IOException {
    MlflowTest.run(folder, "running", 0);
    MlflowTest.run(folder.resolve("a"), "running", 3);
    MlflowTest.run(folder.resolve("b"), "ok", 3);
    MlflowTest.run(folder.resolve("c"), "ok", 0);
    RunWatch watch = new RunWatch(folder, true);
    watch.look();
    assertThat(watch.runs())
        .extracting(run -> run.folder().name())
        .containsExactly(".", "a", "b", "c");
    assertThat(watch.current()).map(run -> run.folder().name()).contains("a");
    for (Path run : List.of(folder, folder.resolve("a"))) {
      change(run, info -> info.put("status", "ok"));
    }
    watch.look();
    assertThat(watch.current()).map(run -> run.folder().name()).contains("b");
    assertThat(watch.isWorking()).isFalse();
  }

  @Test
  void seriesHaveGapsWhereRowsSayNull() throws IOException {
    MlflowTest.run(folder, "running", 0);
    Files.writeString(
        folder.resolve("metrics.jsonl"),
        "{\"step\":1,\"a\":1}\n{\"step\":2,\"a\":null}\n{\"step\":4,\"a\":3,\"b\":5}\n");
    RunWatch watch = new RunWatch(folder, true);
    watch.look();
    var series = only(watch).series();
    assertThat(series.get("a")[0]).containsExactly(1, 2, 4);
    assertThat(series.get("a")[1]).containsExactly(1, Double.NaN, 3);
    assertThat(series.get("b")[0]).containsExactly(4);
  }
}
