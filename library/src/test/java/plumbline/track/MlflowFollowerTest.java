package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;

@Timeout(120)
class MlflowFollowerTest {
  private static final MlflowFollower.Pace QUICK =
      new MlflowFollower.Pace(Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofSeconds(30));

  /** Who is not patient. */
  private static final MlflowFollower.Pace SHORT =
      new MlflowFollower.Pace(Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofMillis(200));

  @TempDir Path folder;

  private final List<String> warnings = new CopyOnWriteArrayList<>();

  private MlflowFollower follow(MlflowStandIn server, MlflowFollower.Pace pace) {
    MlflowConfig config = MlflowConfig.of(server.address(), Optional.empty(), Map.of());
    return MlflowFollower.start(folder, config, pace, warnings::add);
  }

  private static void await(java.util.function.BooleanSupplier truth) throws InterruptedException {
    while (!truth.getAsBoolean()) {
      Thread.sleep(5);
    }
  }

  private static List<Long> steps(MlflowStandIn server, String run) {
    return new MlflowClient(server.address())
        .getMetricHistory(run, "loss/train").stream().map(Service.Metric::getStep).toList();
  }

  @Test
  void metricsArriveWhileTheRunIsAtWorkAndItsEndAfterIt() throws Exception {
    try (MlflowStandIn server = MlflowStandIn.start()) {
      MlflowClient client = new MlflowClient(server.address());
      try (MlflowFollower follower = follow(server, QUICK)) {
        MlflowTest.run(folder, "running", 2);
        await(
            () -> !server.runIds().isEmpty() && steps(server, server.runIds().get(0)).size() == 2);
        assertThat(client.getRun(server.runIds().get(0)).getInfo().getStatus())
            .isEqualTo(Service.RunStatus.RUNNING);
        MlflowTest.run(folder, "ok", 5);
        assertThat(follower.failures()).isZero();
      }
      String id = server.runIds().get(0);
      assertThat(steps(server, id)).containsExactly(1L, 2L, 3L, 4L, 5L);
      assertThat(client.getRun(id).getInfo().getStatus()).isEqualTo(Service.RunStatus.FINISHED);
      assertThat(server.files()).isNotEmpty();
      assertThat(warnings).isEmpty();
    }
  }

  @Test
  void aServerThatComesBackMissesNothing() throws Exception {
    try (MlflowStandIn server = MlflowStandIn.start()) {
      server.behave(MlflowStandIn.Mood.ERROR_500);
      try (MlflowFollower follower = follow(server, QUICK)) {
        MlflowTest.run(folder, "running", 3);
        await(() -> follower.failures() > 2);
        server.behave(MlflowStandIn.Mood.WELL);
        MlflowTest.run(folder, "ok", 6);
      }
      assertThat(steps(server, server.runIds().get(0))).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
      assertThat(warnings).hasSize(1);
      assertThat(warnings.get(0)).contains("500: out of order", "the run goes on");
    }
  }

  @Test
  void aServerThatFailsOrHangsIsLeftAndTheRestSentLater() throws Exception {
    for (MlflowStandIn.Mood mood :
        List.of(MlflowStandIn.Mood.ERROR_500, MlflowStandIn.Mood.HANGS)) {
      warnings.clear();
      try (MlflowStandIn server = MlflowStandIn.start()) {
        server.behave(mood);
        try (MlflowFollower follower = follow(server, SHORT)) {
          MlflowTest.run(folder, "ok", 3);
          await(() -> server.calls() > 0);
        }
        assertThat(warnings.get(warnings.size() - 1))
            .contains(
                "3 rows of metrics", "plumbline track " + folder + " --mlflow " + server.address());

        server.behave(MlflowStandIn.Mood.WELL);
        MlflowConfig config = MlflowConfig.of(server.address(), Optional.empty(), Map.of());
        new MlflowUpload(folder, config).send();
        assertThat(steps(server, server.runIds().get(0))).containsExactly(1L, 2L, 3L);
        Files.delete(folder.resolve(MlflowRun.STATE));
      }
    }
  }

  @Test
  void aServerThatIsNotThereIsSaidOnce() throws Exception {
    MlflowStandIn gone = MlflowStandIn.start();
    gone.close();
    try (MlflowFollower follower = follow(gone, SHORT)) {
      MlflowTest.run(folder, "running", 3);
      await(() -> follower.failures() > 2);
    }
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0)).contains("no connection");
    assertThat(warnings.get(1)).contains("later: plumbline track");
  }

  @Test
  void aRunThatFailedBeforeItsFirstMetricsIsNotTouchedWhileItMayBeClearedAway()
      throws IOException, InterruptedException {
    try (MlflowStandIn server = MlflowStandIn.start()) {
      try (MlflowFollower follower = follow(server, QUICK)) {
        MlflowTest.run(folder, "failed", 0);
        Files.delete(folder.resolve("metrics.jsonl"));
        Thread.sleep(100);
        assertThat(server.calls()).isZero();
        assertThat(follower.failures()).isZero();
        for (String file : List.of("run.json", "config.yaml")) {
          Files.delete(folder.resolve(file));
        }
      }
      assertThat(folder).isEmptyDirectory();
    }
  }
}
