package plumbline.pipeline;

import java.util.List;
import java.util.Locale;
import plumbline.train.Progress;

/**
 * Tells at which stage a pipeline is and how long the rest will take: what was estimated of it, in
 * the measure in which the stages so far took more or less than their estimates.
 */
final class StageProgress {
  private static final double MINUTE = 60;
  private static final double HOUR = 3600;

  private final List<StageTime> times;
  private final Progress progress;
  private double estimated;
  private double taken;

  /**
   * @param times an estimate for each stage, in their order; empty if there are none
   */
  StageProgress(List<StageTime> times, Progress progress) {
    this.times = times;
    this.progress = progress;
  }

  /** Stage {@code index} of {@code count} begins. */
  void begin(int index, int count, String name, String kind) {
    String stage = name.equals(kind) ? name : name + " (" + kind + ")";
    progress.note("stage %d of %d: %s%s".formatted(index + 1, count, stage, left(index)));
  }

  private String left(int index) {
    if (times.isEmpty()) {
      return "";
    }
    double rest = 0;
    for (StageTime time : times.subList(index, times.size())) {
      rest += time.seconds().orElse(0);
    }
    boolean unknown =
        times.subList(index, times.size()).stream().anyMatch(time -> time.seconds().isEmpty());
    double factor = estimated > 0 ? taken / estimated : 1;
    return ", about " + words(rest * factor) + (unknown ? " or more left" : " left");
  }

  /** A stage has run; one that computes nothing tells nothing of the others. */
  void end(int index, double seconds) {
    if (!times.isEmpty() && times.get(index).operations() > 0) {
      estimated += times.get(index).seconds().orElse(0);
      taken += seconds;
    }
  }

  /** "40 s", "12 min", "3.5 h". */
  static String words(double seconds) {
    if (seconds < MINUTE) {
      return String.format(Locale.ROOT, "%.0f s", seconds);
    }
    return seconds < HOUR
        ? String.format(Locale.ROOT, "%.0f min", seconds / MINUTE)
        : String.format(Locale.ROOT, "%.1f h", seconds / HOUR);
  }
}
