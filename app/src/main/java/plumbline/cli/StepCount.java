package plumbline.cli;

/** How many steps of a piece of work are done, of how many, and how long the rest will take. */
final class StepCount {
  private final String label;
  private final long total;
  private final long start;
  private long before;
  private long done;

  /**
   * Nothing is done yet.
   *
   * @param total number of steps; 0 if nobody knows
   * @param start when the work began, in nanoseconds
   */
  StepCount(String label, long total, long start) {
    this.label = label;
    this.total = total;
    this.start = start;
  }

  void step() {
    done++;
  }

  /** So many were done before the work began; they tell nothing of how long one takes. */
  void skip(long steps) {
    done += steps;
    before += steps;
  }

  /** "sft: 4 of 40, 1 min 48 s left". */
  String line(long now) {
    StringBuilder line = new StringBuilder(label).append(": ").append(steps());
    if (total > 0 && done > before) {
      double each = (now - start) / 1e9 / (done - before);
      line.append(", ").append(time(each * Math.max(0, total - done))).append(" left");
    }
    return line.toString();
  }

  /** "sft: 40 of 40 in 3 min 20 s". */
  String end(long now) {
    return label + ": " + steps() + " in " + time((now - start) / 1e9);
  }

  private String steps() {
    return total > 0 ? done + " of " + total : Long.toString(done);
  }

  /** Seconds as "9 s", "2 min 5 s", "3 h 12 min". */
  static String time(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? whole / 60 + " min " + whole % 60 + " s"
        : whole / 3600 + " h " + whole % 3600 / 60 + " min";
  }
}
