package plumbline.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.track.MlflowConfig;
import plumbline.track.MlflowUpload;
import plumbline.track.RunFolder;
import plumbline.track.TensorBoardExport;
import plumbline.track.TrackingFailed;

/** Hands a run's metrics to other programs. */
@Command(
    name = "track",
    description =
        "Hand the metrics of a run to TensorBoard or MLflow; what MLflow has is not sent again.")
final class TrackCommand implements Action {
  @Parameters(
      paramLabel = "RUN",
      description = "The folder of a run or of a whole pipeline, finished or not.")
  private Path run;

  @Option(
      names = "--tensorboard",
      paramLabel = "DIR",
      description =
          "Write TensorBoard's event files there, each stage's into a folder of its name.")
  private Optional<Path> tensorBoard = Optional.empty();

  @Mixin private TrackOptions options = new TrackOptions();

  @Override
  public int run(Console console) throws TrackingFailed {
    RunFolder.in(run);
    Optional<MlflowConfig> mlflow = options.mlflow(console);
    if (tensorBoard.isEmpty() && mlflow.isEmpty()) {
      throw new InputException(
          "nobody to hand the run to; wanted --tensorboard DIR, --mlflow URL or "
              + MlflowConfig.ADDRESS);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    tensorBoard.ifPresent(folder -> result.put("tensorboard", export(folder, console)));
    if (mlflow.isPresent()) {
      result.put("mlflow", send(mlflow.get(), console));
    }
    console.result(result);
    return ExitCode.DONE;
  }

  private List<String> export(Path folder, Console console) {
    List<String> files = TensorBoardExport.write(run, folder).stream().map(Path::toString).toList();
    console.say("TensorBoard: %d event files below %s".formatted(files.size(), folder));
    return files;
  }

  private Map<String, Object> send(MlflowConfig config, Console console) throws TrackingFailed {
    MlflowUpload upload = new MlflowUpload(run, config);
    int rows = upload.unsent();
    upload.send();
    console.say("MLflow: %d rows of metrics sent to %s".formatted(rows, config));
    if (!upload.takesFiles()) {
      console.warn(
          "the server keeps its files elsewhere; report and configuration were not uploaded");
    }
    return Map.of("server", config.server().toString(), "run_id", upload.runId(), "rows", rows);
  }
}
