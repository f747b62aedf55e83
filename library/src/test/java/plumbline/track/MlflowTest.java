package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;
import plumbline.InputException;

/** What arrives, read back by MLflow's official client. */
class MlflowTest {
  @TempDir Path folder;

  private MlflowStandIn server;
  private MlflowClient client;

  @BeforeEach
  void start() throws IOException {
    server = MlflowStandIn.start();
    client = new MlflowClient(server.address());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private MlflowConfig config(Map<String, String> environment) {
    return MlflowConfig.of(server.address(), Optional.empty(), environment);
  }

  /** A run of so many steps as it stands on the disk. */
  static Path run(Path folder, String status, int steps) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("config.yaml"),
        "ppo:\n  steps: 9\n  score:\n    of:\n    - {length: words}\n    - {model: rm}\n  note: ''\n");
    Files.writeString(
        folder.resolve("run.json"),
        """
        {"name": "mine", "kind": "ppo", "seed": 3, "status": "%s", "started": "2026-01-02T03:04:05Z",
         "ended": "2026-01-02T03:14:05Z", "versions": {"plumbline": "1.0"}, "data": {"in/prompts.jsonl": "abc"}}
        """
            .formatted(status));
    rows(folder, steps);
    return folder;
  }

  static void rows(Path folder, int steps) throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      rows.append(
          "{\"step\":%d,\"loss/train\":%s,\"lr\":null,\"odd(name)\":1}\n"
              .formatted(step, 1.0 / step));
    }
    Files.writeString(folder.resolve("metrics.jsonl"), rows);
  }

  private Service.Run only() {
    assertThat(server.runIds()).hasSize(1);
    return client.getRun(server.runIds().get(0));
  }

  private List<Long> steps(String run, String metric) {
    return client.getMetricHistory(run, metric).stream().map(Service.Metric::getStep).toList();
  }

  @Test
  void aRunArrivesWithParametersMetricsTagsTimesAndStatus() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 3);
    new MlflowUpload(run, config(Map.of("MLFLOW_EXPERIMENT_NAME", "clinic"))).send();

    Service.Run found = only();
    assertThat(client.getExperimentByName("clinic")).isPresent();
    assertThat(found.getInfo().getRunName()).isEqualTo("mine");
    assertThat(found.getInfo().getStatus()).isEqualTo(Service.RunStatus.FINISHED);
    assertThat(found.getInfo().getStartTime()).isEqualTo(1767323045000L);
    assertThat(found.getInfo().getEndTime()).isEqualTo(1767323645000L);
    Map<String, String> params = new TreeMap<>();
    found.getData().getParamsList().forEach(p -> params.put(p.getKey(), p.getValue()));
    assertThat(params)
        .containsEntry("ppo.steps", "9")
        .containsEntry("ppo.score.of.0.length", "words")
        .containsEntry("ppo.score.of.1.model", "rm");
    Map<String, String> tags = new TreeMap<>();
    found.getData().getTagsList().forEach(tag -> tags.put(tag.getKey(), tag.getValue()));
    assertThat(tags)
        .containsEntry("plumbline.kind", "ppo")
        .containsEntry("plumbline.seed", "3")
        .containsEntry("versions.plumbline", "1.0")
        .containsEntry("data.in/prompts.jsonl", "abc");
    String id = found.getInfo().getRunId();
    assertThat(client.getMetricHistory(id, "loss/train").stream().map(Service.Metric::getValue))
        .containsExactly(1.0, 0.5, 1.0 / 3);
    assertThat(steps(id, "loss/train")).containsExactly(1L, 2L, 3L);
    assertThat(steps(id, "odd_name_")).hasSize(3);
    assertThat(steps(id, "lr")).isEmpty();
  }

  @Test
  void filesGoThroughAServerThatTakesThem() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 1);
    Files.writeString(run.resolve("report.html"), "<html>");
    Files.createDirectories(run.resolve("model"));
    Files.writeString(run.resolve("model/README.md"), "# card");
    MlflowUpload upload = new MlflowUpload(run, config(Map.of()));
    upload.send();

    String place = "1/" + server.runIds().get(0) + "/artifacts/";
    assertThat(server.files().keySet())
        .contains(place + "config.yaml", place + "report.html", place + "model/README.md");
    assertThat(server.files().get(place + "report.html")).asString().isEqualTo("<html>");
    assertThat(upload.takesFiles()).isTrue();
  }

  @Test
  void aServerWhoseFilesAreElsewhereIsToldTheRest() throws Exception {
    try (MlflowStandIn other = MlflowStandIn.start(0, "s3://bucket/")) {
      Path run = run(folder.resolve("run"), "ok", 2);
      MlflowUpload upload =
          new MlflowUpload(run, MlflowConfig.of(other.address(), Optional.empty(), Map.of()));
      upload.send();
      assertThat(upload.takesFiles()).isFalse();
      assertThat(other.files()).isEmpty();
      assertThat(upload.unsent()).isZero();
    }
  }

  @Test
  void aPipelinesStagesAreRunsBelowIts() throws Exception {
    Path top = folder.resolve("run");
    run(top, "ok", 0);
    Files.delete(top.resolve("metrics.jsonl"));
    run(top.resolve("sft"), "ok", 2);
    run(top.resolve("ppo"), "failed", 1);
    new MlflowUpload(top, config(Map.of())).send();

    assertThat(server.runIds()).hasSize(3);
    String parent = server.runIds().get(0);
    Map<String, Service.RunStatus> states = new LinkedHashMap<>();
    for (String id : server.runIds().subList(1, 3)) {
      Service.Run run = client.getRun(id);
      assertThat(run.getData().getTagsList())
          .anySatisfy(
              tag -> {
                assertThat(tag.getKey()).isEqualTo("mlflow.parentRunId");
                assertThat(tag.getValue()).isEqualTo(parent);
              });
      states.put(id, run.getInfo().getStatus());
    }
    assertThat(states.values())
        .containsExactlyInAnyOrder(Service.RunStatus.FINISHED, Service.RunStatus.FAILED);
  }

  @Test
  void nothingIsSentTwiceAndNothingIsLeftOut() throws Exception {
    Path run = run(folder.resolve("run"), "running", 3);
    new MlflowUpload(run, config(Map.of())).send();
    String id = only().getInfo().getRunId();
    assertThat(only().getInfo().getStatus()).isEqualTo(Service.RunStatus.KILLED);

    rows(run, 5);
    MlflowUpload again = new MlflowUpload(run, config(Map.of()));
    again.send();
    again.send();
    // The run went on from step 2: the log was cut, and grew again.
    rows(run, 2);
    again.send();
    rows(run, 7);
    again.send();

    assertThat(steps(id, "loss/train")).containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    assertThat(server.runIds()).hasSize(1);
  }

  @Test
  void anotherConfigurationInTheSameFolderIsAnotherRun() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 1);
    new MlflowUpload(run, config(Map.of())).send();
    Files.writeString(run.resolve("config.yaml"), "ppo: {steps: 10}\n");
    new MlflowUpload(run, config(Map.of())).send();
    assertThat(server.runIds()).hasSize(2);
  }

  @Test
  void manyMetricsAndParametersGoInPartsThatTheServerTakes() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 0);
    StringBuilder yaml = new StringBuilder("ppo:\n");
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 250; i++) {
      yaml.append("  key").append(i).append(": ").append("x".repeat(600)).append('\n');
    }
    for (int step = 1; step <= 30; step++) {
      rows.append("{\"step\":").append(step);
      for (int i = 0; i < 90; i++) {
        rows.append(",\"m").append(i).append("\":").append(step);
      }
      rows.append("}\n");
    }
    Files.writeString(run.resolve("config.yaml"), yaml);
    Files.writeString(run.resolve("metrics.jsonl"), rows);
    new MlflowUpload(run, config(Map.of())).send();

    assertThat(only().getData().getParamsList()).hasSize(250);
    assertThat(only().getData().getMetricsList()).hasSize(90);
    assertThat(steps(server.runIds().get(0), "m89")).hasSize(30);
  }

  @Test
  void aFailingServerIsNamedAndWhatIsMissingIsCounted() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 4);
    MlflowUpload upload = new MlflowUpload(run, config(Map.of()));
    for (MlflowStandIn.Mood mood :
        List.of(MlflowStandIn.Mood.ERROR_500, MlflowStandIn.Mood.SPEAKS_HTML)) {
      server.behave(mood);
      assertThatExceptionOfType(TrackingFailed.class)
          .isThrownBy(upload::send)
          .withMessageStartingWith(server.address())
          .withMessageContaining(
              mood == MlflowStandIn.Mood.ERROR_500 ? "500: out of order" : "MLflow server?");
      assertThat(upload.unsent()).isEqualTo(4);
    }
    server.behave(MlflowStandIn.Mood.WELL);
    upload.send();
    assertThat(upload.unsent()).isZero();
    assertThat(steps(only().getInfo().getRunId(), "loss/train")).hasSize(4);
  }

  @Test
  void userPasswordAndTokenTravelInTheHeaderOnly() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 1);
    MlflowConfig basic =
        config(Map.of("MLFLOW_TRACKING_USERNAME", "ann", "MLFLOW_TRACKING_PASSWORD", "pw"));
    new MlflowUpload(run, basic).send();
    assertThat(server.authorization()).isEqualTo("Basic YW5uOnB3");
    MlflowConfig token = config(Map.of("MLFLOW_TRACKING_TOKEN", "secret"));
    rows(run, 2);
    new MlflowUpload(run, token).send();
    assertThat(server.authorization()).isEqualTo("Bearer secret");
    assertThat(token.toString()).doesNotContain("secret");
    assertThat(Files.readString(run.resolve("mlflow.json"))).doesNotContain("secret", "pw");
  }

  @Test
  void anAddressThatIsNoServersIsRefused() {
    for (String address :
        List.of("file:./mlruns", "sqlite:///x.db", "databricks", "localhost:5000", "http://")) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> MlflowConfig.of(address, Optional.empty(), Map.of()))
          .withMessageContaining(address)
          .withMessageContaining("wanted http://");
    }
  }

  @Test
  void eachStepHasTheTimeOfItsEvent() throws Exception {
    Path run = run(folder.resolve("run"), "ok", 0);
    try (EventLog log = EventLog.start(run)) {
      var row = new com.fasterxml.jackson.databind.ObjectMapper().createObjectNode();
      log.metrics(row.put("step", 1).put("loss/train", 1.0));
    }
    double written = EventLog.times(run).get(1L);
    rows(run, 1);
    Thread.sleep(20);
    new MlflowUpload(run, config(Map.of())).send();
    List<Long> times = new ArrayList<>();
    client
        .getMetricHistory(server.runIds().get(0), "loss/train")
        .forEach(metric -> times.add(metric.getTimestamp()));
    assertThat(times).containsExactly(Math.round(written * 1000));
  }
}
