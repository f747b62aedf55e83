package plumbline.ppo;

/**
 * How a metric's mean over the last updates differs from that over the first.
 *
 * @param first the mean over the first updates
 * @param last the mean over the last
 * @param error the standard error of each of the two, of noise that wanders too
 */
public record Change(double first, double last, double error) {
  /** The standard error of {@code last - first}. */
  public double errorOfChange() {
    return Math.sqrt(2) * error;
  }
}
