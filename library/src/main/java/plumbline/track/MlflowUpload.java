package plumbline.track;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A run directory, with the stages below it, told to an MLflow server: parameters, metrics with
 * their steps and times, tags, files. It is made of the run's files, so that it can be done while
 * the run is at work, or later, or partly so.
 */
public final class MlflowUpload {
  private final Path top;
  private final MlflowConfig config;
  private final MlflowApi api;
  private final Map<Path, MlflowRun> runs = new LinkedHashMap<>();
  private String experiment = "";
  private boolean takesFiles = true;

  public MlflowUpload(Path top, MlflowConfig config) {
    this.top = top;
    this.config = config;
    this.api = new MlflowApi(config);
  }

  /**
   * Sends what is new.
   *
   * @throws TrackingFailed if the server did not take something; what was sent is not sent again
   */
  public void send() throws TrackingFailed {
    send(false, false);
  }

  /**
   * @param ours whether this very process is at work in the folder
   * @param isOver whether it has stopped to be; until then a run is told of from its first metrics
   *     or its good end on, since one that fails before may be cleared away
   */
  void send(boolean ours, boolean isOver) throws TrackingFailed {
    List<RunFolder> present = RunFolder.present(top);
    List<RunFolder> told =
        present.stream().filter(run -> !ours || isOver || isEstablished(run)).toList();
    String pipeline = "";
    for (RunFolder folder : present) {
      boolean isTop = folder.name().equals(".");
      if (!told.contains(folder) && !(isTop && !told.isEmpty())) {
        continue;
      }
      MlflowRun run = run(folder);
      run.read();
      run.create(experiment(), pipeline);
      run.send();
      RunFolder.State state = state(folder, ours);
      run.status(state);
      if (state != RunFolder.State.RUNNING) {
        takesFiles &= run.files();
      }
      pipeline = isTop ? run.id() : pipeline;
    }
  }

  private static boolean isEstablished(RunFolder run) {
    return Files.exists(run.path().resolve(RunFolder.METRICS))
        || run.stateAsWritten() == RunFolder.State.OK;
  }

  private MlflowRun run(RunFolder folder) {
    return runs.computeIfAbsent(folder.path(), path -> new MlflowRun(folder, config, api));
  }

  /**
   * A process must not ask for the lock of a folder that it holds itself: POSIX would release it.
   */
  private static RunFolder.State state(RunFolder folder, boolean ours) {
    return ours ? folder.stateAsWritten() : folder.state();
  }

  private String experiment() throws TrackingFailed {
    if (experiment.isEmpty()) {
      experiment = api.experiment();
    }
    return experiment;
  }

  /** Rows of metrics that the server does not have. */
  public int unsent() {
    int unsent = 0;
    for (RunFolder folder : RunFolder.present(top)) {
      MlflowRun run = run(folder);
      run.read();
      unsent += run.waiting();
    }
    return unsent;
  }

  /** The id of the run on the server; empty before it is made. */
  public String runId() {
    MlflowRun run = runs.get(top);
    return run == null ? "" : run.id();
  }

  /** Whether the server has taken the files that there were; other stores want their own client. */
  public boolean takesFiles() {
    return takesFiles;
  }
}
