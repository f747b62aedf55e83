package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A run that is looked at again and again while its files grow. */
public final class WatchedRun {
  /** Steps from whose times the time of the next is told. */
  private static final int RECENT = 50;

  private static final int SAMPLES = 8;

  /** A run is silent after so many times its usual step, and at least so many seconds. */
  private static final double SILENT_STEPS = 10;

  private static final double SILENT_SECONDS = 60;

  private final RunFolder folder;
  private final RowTail metrics;
  private final RowTail sampled;
  private final List<JsonNode> rows = new ArrayList<>();
  private final List<JsonNode> samples = new ArrayList<>();
  private SortedMap<Long, Double> times = new TreeMap<>();
  private JsonNode info = MissingNode.getInstance();
  private RunFolder.State state = RunFolder.State.RUNNING;

  WatchedRun(RunFolder folder) {
    this.folder = folder;
    this.metrics = new RowTail(folder.path().resolve(RunFolder.METRICS));
    this.sampled = new RowTail(folder.path().resolve(RunFolder.SAMPLES));
  }

  /** Reads what is new, and tells whether anything is. */
  boolean look(boolean ours) throws IOException {
    JsonNode before = info;
    RunFolder.State was = state;
    info = folder.info();
    state = ours ? folder.stateAsWritten() : folder.state();
    boolean grown = take(metrics.next(), rows);
    boolean more = take(sampled.next(), samples);
    samples.subList(0, Math.max(0, samples.size() - SAMPLES)).clear();
    if (grown) {
      times = EventLog.times(folder.path());
    }
    return grown || more || was != state || !before.equals(info);
  }

  private static boolean take(RowTail.Read read, List<JsonNode> into) {
    if (read.anew()) {
      into.clear();
    }
    into.addAll(read.rows());
    return read.anew() || !read.rows().isEmpty();
  }

  public RunFolder folder() {
    return folder;
  }

  /** {@code run.json}, a missing node before it is there. */
  public JsonNode info() {
    return info;
  }

  public RunFolder.State state() {
    return state;
  }

  /** The rows of {@code metrics.jsonl} so far. */
  public List<JsonNode> rows() {
    return List.copyOf(rows);
  }

  /** The last rows of {@code samples.jsonl}. */
  public List<JsonNode> samples() {
    return List.copyOf(samples);
  }

  /** The last step that was logged, 0 before the first. */
  public long step() {
    return rows.isEmpty() ? 0 : Event.step(rows.get(rows.size() - 1));
  }

  /** How many steps there will be, if the run says so. */
  public OptionalLong steps() {
    JsonNode steps = info.path("steps");
    return steps.isIntegralNumber() ? OptionalLong.of(steps.longValue()) : OptionalLong.empty();
  }

  /** The median time of a step of late; a pause between two processes does not show in it. */
  public OptionalDouble secondsPerStep() {
    List<Map.Entry<Long, Double>> last = new ArrayList<>(times.entrySet());
    last = last.subList(Math.max(0, last.size() - RECENT), last.size());
    List<Map.Entry<Long, Double>> recent = last;
    double[] seconds =
        IntStream.range(1, recent.size())
            .mapToDouble(
                i ->
                    (recent.get(i).getValue() - recent.get(i - 1).getValue())
                        / (recent.get(i).getKey() - recent.get(i - 1).getKey()))
            .sorted()
            .toArray();
    return seconds.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of((seconds[(seconds.length - 1) / 2] + seconds[seconds.length / 2]) / 2);
  }

  /** The time that is left if steps go on as of late. */
  public OptionalDouble secondsLeft() {
    OptionalDouble each = secondsPerStep();
    return state == RunFolder.State.RUNNING && each.isPresent() && steps().isPresent()
        ? OptionalDouble.of(Math.max(0, steps().getAsLong() - step()) * each.getAsDouble())
        : OptionalDouble.empty();
  }

  /** Every metric's values by step, {@code double[2][N]}, NaN where a row says null. */
  public Map<String, double[][]> series() {
    Map<String, List<double[]>> points = new LinkedHashMap<>();
    for (JsonNode row : rows) {
      row.properties()
          .forEach(
              field -> {
                JsonNode value = field.getValue();
                if (!field.getKey().equals("step") && (value.isNumber() || value.isNull())) {
                  points
                      .computeIfAbsent(field.getKey(), name -> new ArrayList<>())
                      .add(new double[] {Event.step(row), value.asDouble(Double.NaN)});
                }
              });
    }
    Map<String, double[][]> series = new LinkedHashMap<>();
    points.forEach(
        (name, all) ->
            series.put(
                name,
                new double[][] {
                  all.stream().mapToDouble(point -> point[0]).toArray(),
                  all.stream().mapToDouble(point -> point[1]).toArray()
                }));
    return series;
  }

  /**
   * A line on the run's health.
   *
   * @param bad whether something should be done
   */
  public record Health(boolean bad, String text) {}

  /**
   * What to know of the run's health, worst first; empty if there is nothing.
   *
   * @param now in seconds since 1970
   */
  public List<Health> health(double now) {
    List<Health> health = new ArrayList<>();
    if (state == RunFolder.State.FAILED) {
      health.add(new Health(true, "failed: " + info.path("error").asText("?")));
    }
    if (state == RunFolder.State.INTERRUPTED) {
      health.add(new Health(true, "its process has ended without finishing; go on with --resume"));
    }
    addSilence(now, health);
    List<String> warnings = new ArrayList<>();
    info.path("warnings").forEach(warning -> warnings.add(warning.asText()));
    for (String alarm : ringing()) {
      String words =
          warnings.stream()
              .filter(warning -> warning.contains(alarm))
              .findFirst()
              .orElse("alarm " + alarm + " rings");
      health.add(new Health(true, words));
      warnings.remove(words);
    }
    List<String> lost = notFinite();
    if (!lost.isEmpty()) {
      health.add(new Health(true, "not finite at step " + step() + ": " + String.join(", ", lost)));
    }
    warnings.forEach(warning -> health.add(new Health(false, warning)));
    return health;
  }

  private void addSilence(double now, List<Health> health) {
    if (state == RunFolder.State.RUNNING && !times.isEmpty() && secondsPerStep().isPresent()) {
      double silent = now - times.get(times.lastKey());
      double usual = secondsPerStep().getAsDouble();
      if (silent > Math.max(SILENT_SECONDS, SILENT_STEPS * usual)
          && step() < steps().orElse(Long.MAX_VALUE)) {
        health.add(
            new Health(true, "no step for %.0f s; one takes %.1f s".formatted(silent, usual)));
      }
    }
  }

  /** Names of the alarms that ring at the last step. */
  public List<String> ringing() {
    return lastWhere("alarm/", value -> value.asDouble() == 1);
  }

  private List<String> notFinite() {
    // Others are null where there is nothing to measure.
    return lastWhere("", JsonNode::isNull).stream()
        .filter(name -> name.matches("loss/.*|reward/.*|grad_norm"))
        .toList();
  }

  private List<String> lastWhere(String prefix, java.util.function.Predicate<JsonNode> condition) {
    LinkedHashSet<String> names = new LinkedHashSet<>();
    if (!rows.isEmpty()) {
      rows.get(rows.size() - 1)
          .properties()
          .forEach(
              field -> {
                if (field.getKey().startsWith(prefix) && condition.test(field.getValue())) {
                  names.add(field.getKey().substring(prefix.length()));
                }
              });
    }
    return List.copyOf(names);
  }
}
