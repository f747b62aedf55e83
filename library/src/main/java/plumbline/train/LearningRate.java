package plumbline.train;

/**
 * How the learning rate runs over the steps of training, as in Hugging Face's schedules of these
 * names.
 *
 * <p>All but {@link #CONSTANT} first rise linearly from 0 to the peak over the warm-up. With p the
 * share of the remaining steps that is done:
 */
public enum LearningRate {
  /** The peak, without a warm-up. */
  CONSTANT,
  /** The peak. */
  CONSTANT_WITH_WARMUP,
  /** peak (1 - p), 0 after the last step. */
  LINEAR,
  /** peak (1 + cos(pi p)) / 2. */
  COSINE,
  /** peak (1 + cos(pi frac(cycles p))) / 2, 0 after the last step. */
  COSINE_WITH_RESTARTS,
  /** {@link #COSINE} from the peak to {@code end}. */
  COSINE_WITH_MIN_LR,
  /** end + (peak - end) (1 - p)^power, {@code end} after the last step. */
  POLYNOMIAL,
  /**
   * peak sqrt(w / step) after a warm-up of w steps; without one, peak sqrt(w / (step + w)), w =
   * 10,000.
   */
  INVERSE_SQRT;

  private static final double TIME_SCALE_WITHOUT_WARMUP = 10_000;

  /** {@link #at(long, double, long, long, double, double, int)} with end 0, power 1, one cycle. */
  public double at(long step, double peak, long warmupSteps, long totalSteps) {
    return at(step, peak, warmupSteps, totalSteps, 0, 1, 1);
  }

  /**
   * The learning rate of one optimizer step.
   *
   * @param step 0 for the first
   * @param peak the highest rate
   * @param warmupSteps steps before the peak, at least 0
   * @param totalSteps steps of the run, warm-up included
   * @param end the last rate, of {@link #POLYNOMIAL} and {@link #COSINE_WITH_MIN_LR}
   * @param power of {@link #POLYNOMIAL}
   * @param cycles of {@link #COSINE_WITH_RESTARTS}
   */
  public double at(
      long step,
      double peak,
      long warmupSteps,
      long totalSteps,
      double end,
      double power,
      int cycles) {
    if (this == CONSTANT) {
      return peak;
    }
    if (step < warmupSteps) {
      return peak * step / warmupSteps;
    }
    double p = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return switch (this) {
      case CONSTANT, CONSTANT_WITH_WARMUP -> peak;
      case LINEAR -> peak * Math.max(0, 1 - p);
      case COSINE -> peak * cosine(p);
      case COSINE_WITH_RESTARTS -> p >= 1 ? 0 : peak * cosine(cycles * p % 1);
      case COSINE_WITH_MIN_LR -> end + (peak - end) * cosine(p);
      case POLYNOMIAL -> end + (peak - end) * Math.pow(Math.max(0, 1 - p), power);
      case INVERSE_SQRT -> peak * inverseRoot(step, warmupSteps);
    };
  }

  private static double cosine(double p) {
    return (1 + Math.cos(Math.PI * p)) / 2;
  }

  private static double inverseRoot(long step, long warmupSteps) {
    double scale = warmupSteps > 0 ? warmupSteps : TIME_SCALE_WITHOUT_WARMUP;
    return 1 / Math.sqrt((step + scale - warmupSteps) / scale);
  }
}
