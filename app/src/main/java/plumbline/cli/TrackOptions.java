package plumbline.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.track.MlflowConfig;
import plumbline.track.MlflowFollower;

/** Who else is told of a run; a command takes them as a {@code @Mixin}. */
final class TrackOptions {
  @Option(
      names = "--mlflow",
      paramLabel = "URL",
      description =
          "Tell this MLflow server of the run, http://HOST:PORT; default: the environment variable"
              + " MLFLOW_TRACKING_URI, if it is set.")
  private Optional<String> server = Optional.empty();

  @Option(
      names = "--mlflow-experiment",
      paramLabel = "NAME",
      description =
          "What MLflow gathers the run under; default: the environment variable"
              + " MLFLOW_EXPERIMENT_NAME, or plumbline.")
  private Optional<String> experiment = Optional.empty();

  /**
   * The server to tell, if there is one.
   *
   * @throws InputException if the option's address is none
   */
  Optional<MlflowConfig> mlflow(Console console) {
    if (server.isPresent()) {
      return server.map(url -> MlflowConfig.of(url, experiment, console.environment()));
    }
    String variable = console.environment().getOrDefault(MlflowConfig.ADDRESS, "").strip();
    if (variable.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(MlflowConfig.of(variable, experiment, console.environment()));
    } catch (InputException e) {
      // Meant for other programs too, which know other kinds of stores.
      console.warn(MlflowConfig.ADDRESS + ": " + e.getMessage() + "; nothing is sent");
      return Optional.empty();
    }
  }

  /** Tells of the run that is about to be written to a folder until what is returned is closed. */
  Following follow(Path out, Console console) {
    return mlflow(console)
        .<Following>map(
            config ->
                MlflowFollower.start(out, config, MlflowFollower.Pace.usual(), console::warn)
                    ::close)
        .orElse(() -> {});
  }

  /** Ends without an exception. */
  interface Following extends AutoCloseable {
    @Override
    void close();
  }
}
