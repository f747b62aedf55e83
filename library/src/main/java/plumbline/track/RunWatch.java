package plumbline.track;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A folder of runs, a pipeline with its stages or a single run, watched while it grows. */
public final class RunWatch {
  private final Path top;
  private final boolean ours;
  private Map<Path, WatchedRun> runs = new LinkedHashMap<>();

  /**
   * A watch that has seen nothing yet.
   *
   * @param ours whether this very process writes there
   */
  public RunWatch(Path top, boolean ours) {
    this.top = top;
    this.ours = ours;
  }

  /**
   * Reads what is new.
   *
   * @return whether anything is
   */
  public boolean look() throws IOException {
    Map<Path, WatchedRun> present = new LinkedHashMap<>();
    for (RunFolder folder : RunFolder.present(top)) {
      WatchedRun known = runs.get(folder.path());
      present.put(folder.path(), known == null ? new WatchedRun(folder) : known);
    }
    boolean news = !present.keySet().equals(runs.keySet());
    runs = present;
    for (WatchedRun run : runs.values()) {
      news |= run.look(ours);
    }
    return news;
  }

  /** The folder itself first, if it is a run, then those below in the order in which they began. */
  public List<WatchedRun> runs() {
    return List.copyOf(runs.values());
  }

  /**
   * The one to look at: the last that is at work and has metrics, or else the last that has any.
   */
  public Optional<WatchedRun> current() {
    WatchedRun current = null;
    for (WatchedRun run : runs.values()) {
      boolean working = run.state() == RunFolder.State.RUNNING;
      if (!run.rows().isEmpty()
          && (working || current == null || current.state() != RunFolder.State.RUNNING)) {
        current = run;
      }
    }
    return Optional.ofNullable(current);
  }

  /** Whether the run, or any below it, is still at work. */
  public boolean isWorking() {
    return runs.values().stream().anyMatch(run -> run.state() == RunFolder.State.RUNNING);
  }
}
