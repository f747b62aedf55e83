package plumbline.cli;

/** A row of numbers as a line of bars, one character each (Tufte's sparklines). */
final class Sparkline {
  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final char GAP = ' ';

  private Sparkline() {}

  /**
   * The numbers from the lowest bar to the highest; a gap where there is none.
   *
   * @param values not finite where there is no number
   * @param width characters; more values than that are averaged
   */
  static String of(double[] values, int width) {
    double[] shown = values.length > width ? averaged(values, width) : values;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (double value : shown) {
      if (Double.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    StringBuilder line = new StringBuilder();
    for (double value : shown) {
      line.append(bar(value, low, high));
    }
    return line.toString();
  }

  private static char bar(double value, double low, double high) {
    if (!Double.isFinite(value)) {
      return GAP;
    }
    // Halved, since the difference of two numbers may be too large for one.
    double range = high / 2 - low / 2;
    double share = range > 0 ? (value / 2 - low / 2) / range : 0;
    return BARS.charAt((int) Math.min(BARS.length() - 1L, Math.round(share * (BARS.length() - 1))));
  }

  private static double[] averaged(double[] values, int width) {
    double[] means = new double[width];
    for (int i = 0; i < width; i++) {
      int from = (int) ((long) values.length * i / width);
      int to = (int) ((long) values.length * (i + 1) / width);
      double mean = 0;
      int count = 0;
      for (int j = from; j < to; j++) {
        if (Double.isFinite(values[j])) {
          count++;
          mean += (values[j] - mean) / count;
        }
      }
      means[i] = count == 0 ? Double.NaN : mean;
    }
    return means;
  }
}
