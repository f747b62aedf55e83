package plumbline.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import plumbline.report.LiveCurves;
import plumbline.track.RunFolder;
import plumbline.track.RunWatch;
import plumbline.track.WatchedRun;

/**
 * A run at one look, as lines of text: its stages, how far it is, its metrics as sparklines, its
 * health.
 */
final class Dashboard {
  private static final int LEAST_METRICS = 4;
  private static final int VALUE = 10;
  private static final int LEAST_SPARKS = 8;
  private static final int MOST_SPARKS = 60;
  private static final int MOST_HEALTH = 5;

  private final int columns;
  private final int rows;

  /**
   * @param columns of the terminal
   * @param rows of the terminal
   */
  Dashboard(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
  }

  /**
   * The lines, none longer than the terminal is wide, no more than it is high.
   *
   * @param now in seconds since 1970
   */
  List<String> lines(RunWatch watch, double now) {
    return lines(watch, now, 0);
  }

  /** As {@link #lines(RunWatch, double)}, with room left for so many lines of others. */
  List<String> lines(RunWatch watch, double now, int others) {
    List<String> lines = new ArrayList<>();
    List<WatchedRun> runs = watch.runs();
    if (runs.isEmpty()) {
      return List.of("no run there yet");
    }
    if (runs.size() > 1) {
      lines.addAll(wrapped(stages(runs)));
    }
    List<String> health = new ArrayList<>();
    watch
        .current()
        .ifPresentOrElse(
            run -> {
              lines.add(progress(run));
              health.addAll(health(runs, run, now));
              int room = Math.max(LEAST_METRICS, rows - others - lines.size() - health.size() - 1);
              lines.addAll(metrics(run, room));
            },
            () -> {
              lines.add(runs.get(0).folder().title() + ": no metrics yet");
              health.addAll(health(runs, runs.get(0), now));
            });
    lines.addAll(health);
    return fitting(lines);
  }

  /** As many of the lines, and as much of each, as the terminal shows without moving. */
  List<String> fitting(List<String> lines) {
    return lines.stream().limit(rows - 1).map(this::cut).toList();
  }

  private static String stages(List<WatchedRun> runs) {
    StringBuilder line = new StringBuilder();
    for (WatchedRun run : runs) {
      if (!run.folder().name().equals(".")) {
        line.append(line.isEmpty() ? "" : " · ");
        line.append(run.folder().name()).append(' ').append(word(run.state()));
      }
    }
    return line.toString();
  }

  private static String word(RunFolder.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  /** "ppo: 46 of 100, 12.3 s a step, 11 min 4 s left". */
  private static String progress(WatchedRun run) {
    StringBuilder line = new StringBuilder(run.folder().title()).append(": ").append(run.step());
    run.steps().ifPresent(steps -> line.append(" of ").append(steps));
    OptionalDouble each = run.secondsPerStep();
    if (each.isPresent()) {
      line.append(String.format(Locale.ROOT, ", %.3g s a step", each.getAsDouble()));
    }
    run.secondsLeft()
        .ifPresent(left -> line.append(", ").append(StepCount.time(left)).append(" left"));
    if (run.state() != RunFolder.State.RUNNING) {
      line.append(", ").append(word(run.state()));
    }
    return line.toString();
  }

  private List<String> metrics(WatchedRun run, int room) {
    Map<String, double[][]> series = run.series();
    List<String> names = LiveCurves.tellingMost(run, room);
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    int sparks = Math.min(MOST_SPARKS, columns - longest - 2 * VALUE - 6);
    List<String> lines = new ArrayList<>();
    for (String name : names) {
      double[] values = series.get(name)[1];
      String bars = sparks < LEAST_SPARKS ? "" : Sparkline.of(values, sparks) + " ";
      lines.add(
          "%s  %s%s"
              .formatted(padded(name, longest), bars, padded(ends(values), 2 * VALUE + 4).strip()));
    }
    return lines;
  }

  /** "0.1 → 0.412". */
  private static String ends(double[] values) {
    String last = number(values[values.length - 1]);
    return values.length == 1 ? last : number(values[0]) + " → " + last;
  }

  private static String number(double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e6
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  private static String padded(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  /** That of one run, and what has failed elsewhere. */
  private List<String> health(List<WatchedRun> runs, WatchedRun shown, double now) {
    List<WatchedRun.Health> all = new ArrayList<>();
    for (WatchedRun run : runs) {
      if (run != shown
          && run.state() == RunFolder.State.FAILED
          && !run.folder().name().equals(".")) {
        String text = run.folder().name() + ": " + run.health(now).get(0).text();
        all.add(new WatchedRun.Health(true, text));
      }
    }
    all.addAll(shown.health(now));
    List<String> lines = new ArrayList<>();
    for (WatchedRun.Health one : all.subList(0, Math.min(MOST_HEALTH, all.size()))) {
      lines.addAll(wrapped((one.bad() ? "! " : "- ") + one.text()));
    }
    if (all.size() > MOST_HEALTH) {
      lines.add("- and %d more; see run.json".formatted(all.size() - MOST_HEALTH));
    }
    return all.isEmpty() ? List.of("healthy: no alarm rings, no warning") : lines;
  }

  /** A text in lines, the later ones indented. */
  private List<String> wrapped(String text) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : BarText.harmless(text).split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() >= columns) {
        lines.add(line.toString());
        line = new StringBuilder(" ");
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }

  private String cut(String line) {
    String harmless = BarText.harmless(line);
    return harmless.length() < columns ? harmless : harmless.substring(0, columns - 1);
  }
}
