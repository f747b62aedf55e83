package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import plumbline.InputException;

/** Writes the events of runs that are there already, for a TensorBoard of their own. */
public final class TensorBoardExport {
  private TensorBoardExport() {}

  /**
   * Writes the events of a run, and of the stages below it, each into a folder of its name.
   *
   * <p>A step's time is that of the run's own events; without them the steps are spread evenly from
   * the run's beginning to its end.
   *
   * @return the files; none if no run has metrics
   * @throws InputException if there is no run, or {@code folder} cannot be written or has events
   */
  public static List<Path> write(Path top, Path folder) {
    List<Path> files = new ArrayList<>();
    for (RunFolder run : RunFolder.in(top)) {
      try {
        List<JsonNode> metrics = rows(run, RunFolder.METRICS);
        List<JsonNode> samples =
            rows(run, RunFolder.SAMPLES).stream().filter(row -> row.has("step")).toList();
        if (!metrics.isEmpty()) {
          Path target = folder.resolve(run.name()).normalize();
          files.add(EventLog.export(target, metrics, samples, times(run, metrics)));
        }
      } catch (IOException e) {
        throw new InputException(run.path() + ": cannot be read (" + e.getMessage() + ")", e);
      }
    }
    return files;
  }

  private static List<JsonNode> rows(RunFolder run, String log) throws IOException {
    return new RowTail(run.path().resolve(log)).next().rows();
  }

  private static EventLog.Times times(RunFolder run, List<JsonNode> metrics) throws IOException {
    SortedMap<Long, Double> known = EventLog.times(run.path());
    double start = seconds(run, "started", 0);
    double end = seconds(run, "ended", start);
    long last = Math.max(1, Event.step(metrics.get(metrics.size() - 1)));
    return step -> known.getOrDefault(step, start + (end - start) * step / last);
  }

  private static double seconds(RunFolder run, String field, double otherwise) {
    return run.moment(field).map(Instant::toEpochMilli).map(ms -> ms / 1e3).orElse(otherwise);
  }
}
