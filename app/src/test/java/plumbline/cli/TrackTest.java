package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.TensorBoardEvents;
import plumbline.track.MlflowStandIn;

class TrackTest {
  private static final String PIPELINE =
      TinyStages.start(
              "demonstrations: 48, pairs: 16, rankings: 8, ratings: 8, prompts: 16, test_rows: 8")
          + """
      sft: {model: scratch, data: data, rows_per_update: 8, max_steps: 6, lengths: {too_long: truncate}}
      """;

  @TempDir static Path folder;

  private static MlflowStandIn server;
  private static Path run;
  private static Captured trained;

  @BeforeAll
  static void train() throws Exception {
    server = MlflowStandIn.start();
    run = folder.resolve("run");
    Path config = Files.writeString(folder.resolve("pipeline.yaml"), PIPELINE);
    trained =
        Captured.plumbline(
            Map.of("MLFLOW_TRACKING_URI", server.address()),
            "run",
            config.toString(),
            "--out",
            run.toString());
  }

  @Test
  void aPipelineIsTrackedAsTheEnvironmentSays() {
    assertThat(trained.code()).as(trained.err()).isZero();
    assertThat(trained.err()).doesNotContain("MLflow");
    assertThat(server.runIds()).hasSizeGreaterThan(2);
    assertThat(server.files().keySet())
        .anyMatch(name -> name.endsWith("report.html"))
        .anyMatch(name -> name.endsWith("summary.json"));
  }

  @Test
  void whatIsThereIsNotSentAgain() {
    int runs = server.runIds().size();
    Captured again =
        Captured.plumbline("track", run.toString(), "--mlflow", server.address(), "--json");
    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.json().at("/mlflow/rows").asInt()).isZero();
    assertThat(again.json().at("/mlflow/run_id").asText()).isEqualTo(server.runIds().get(0));
    assertThat(server.runIds()).hasSize(runs);
  }

  @Test
  void anExportHoldsTheEventsThatTheRunWrote() throws Exception {
    Path events = folder.resolve("events");
    Captured exported =
        Captured.plumbline("track", run.toString(), "--tensorboard", events.toString());
    assertThat(exported.code()).as(exported.err()).isZero();
    List<String> written = TensorBoardEvents.values(run.resolve("sft"));
    assertThat(written).anyMatch(value -> value.startsWith("6 loss/train "));
    assertThat(TensorBoardEvents.values(events.resolve("sft"))).isEqualTo(written);
  }

  @Test
  void aServerThatIsNotThereFailsTheCommandInOneLine() {
    Captured failed = Captured.plumbline("track", run.toString(), "--mlflow", "http://127.0.0.1:1");
    assertThat(failed.code()).isEqualTo(ExitCode.FAILED);
    assertThat(failed.err()).contains("http://127.0.0.1:1: no connection").hasLineCount(1);
  }

  @Test
  void nobodyToHandTheRunToIsRefused() {
    Captured failed = Captured.plumbline("track", run.toString());
    assertThat(failed.code()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(failed.err())
        .contains("wanted --tensorboard DIR, --mlflow URL or MLFLOW_TRACKING_URI");
  }

  @Test
  void anAddressInTheEnvironmentThatIsForOtherProgramsIsSaidAndPassedOver() {
    Captured failed =
        Captured.plumbline(Map.of("MLFLOW_TRACKING_URI", "file:./mlruns"), "track", run.toString());
    assertThat(failed.err()).contains("MLFLOW_TRACKING_URI: 'file:./mlruns' is no MLflow server");
  }
}
