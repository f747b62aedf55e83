package plumbline.ppo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The metrics of a run's updates so far, by name; what is not finite is left out. */
public final class MetricsHistory {
  /** Values from which the noise of their means can be told. */
  private static final int FEWEST = 8;

  private record Observation(long step, double value) {}

  private final Map<String, List<Observation>> metrics = new LinkedHashMap<>();
  private long step;

  /** Adds the metrics of the next update. */
  public void add(long step, Map<String, Double> values) {
    this.step = step;
    values.forEach(
        (name, value) -> {
          if (Double.isFinite(value)) {
            metrics
                .computeIfAbsent(name, unseen -> new ArrayList<>())
                .add(new Observation(step, value));
          }
        });
  }

  /** The last update. */
  public long step() {
    return step;
  }

  /** Names of metrics that were observed, in the order in which they first were. */
  Set<String> names() {
    return metrics.keySet();
  }

  /** One metric; empty if it was never observed. */
  Series series(String name) {
    List<Observation> all = metrics.getOrDefault(name, List.of());
    return new Series(
        all.stream().mapToLong(Observation::step).toArray(),
        all.stream().mapToDouble(Observation::value).toArray());
  }

  /**
   * The means of a metric over its first and its last values.
   *
   * @param width how many, fewer if there are not twice as many
   * @return empty if the metric has fewer than eight values
   */
  public Optional<Change> change(String name, int width) {
    Series series = series(name);
    if (series.size() < FEWEST) {
      return Optional.empty();
    }
    int each = Math.min(width, series.size() / 2);
    return Optional.of(new Change(series.first(each), series.last(each), series.error(each)));
  }

  /** The history as it was after an earlier update. */
  MetricsHistory until(long earlier) {
    MetricsHistory then = new MetricsHistory();
    then.step = Math.min(step, earlier);
    metrics.forEach(
        (name, all) -> {
          List<Observation> kept = new ArrayList<>(all);
          kept.removeIf(observation -> observation.step() > earlier);
          if (!kept.isEmpty()) {
            then.metrics.put(name, kept);
          }
        });
    return then;
  }
}
