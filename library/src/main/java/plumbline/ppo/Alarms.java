package plumbline.ppo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Looks for what goes wrong in a run: pure functions of its metrics so far.
 *
 * <p>Most compare the mean of the first {@code window} updates with that of the last, and want both
 * a change of size and {@code watch.evidence} standard errors of it. The thresholds are the
 * constants below.
 *
 * @param watch the keys
 * @param longest most tokens of a response
 */
public record Alarms(Watch watch, int longest) {
  /** Updates in a row that must show over-optimisation. */
  static final int PATIENCE = 2;

  /** Standard errors that the reward must have risen by since the monitor's best. */
  static final double PROXY_EVIDENCE = 3;

  /** A divergence below this, in nats per response, is no rounding. */
  static final double NEGATIVE_NATS = -0.05;

  /** Nats per token that no useful policy is away from its reference. */
  static final double NATS_PER_TOKEN = 1;

  /** The divergence explodes where the mean of 3 updates is that many times the highest before. */
  static final double LEAP = 4;

  /** Nats per response below which a leap is no explosion. */
  static final double LEAP_NATS = 10;

  /** Share of a response's length beyond which it is at the limit. */
  static final double AT_LIMIT = 0.9;

  /** Updates in which a critic may learn before it is judged. */
  static final int CRITIC_UPDATES = 20;

  /** Updates in a row without any variance of the reward. */
  static final int CONSTANT_UPDATES = 5;

  /** What is wrong after the last update, in the order of the kinds. */
  public List<Alarm> of(MetricsHistory history) {
    List<Alarm> found = new ArrayList<>();
    for (Alarm.Kind kind : Alarm.Kind.values()) {
      found(kind, history).ifPresent(text -> found.add(new Alarm(kind, history.step(), text)));
    }
    return found;
  }

  private Optional<String> found(Alarm.Kind kind, MetricsHistory history) {
    return switch (kind) {
      case OVER_OPTIMISATION ->
          overOptimised(history.series("reward/raw"), history.series("monitor/mean"));
      case NEGATIVE_KL -> negative(history.series("objective/kl"));
      case KL_EXPLODES ->
          explodes(history.series("objective/kl"), history.series("response/length_mean"));
      case PATTERN_COLLAPSE -> patternCollapse(history);
      case ENTROPY_COLLAPSED -> fell("entropy", history.series("policy/entropy"), 0.25, 0.02);
      case REPETITION_GROWS ->
          rose("repetition of 3-grams", history.series("response/repetition"), 2, 0.1);
      case DIVERSITY_COLLAPSES ->
          fell("distinct 2-grams", history.series("response/distinct_2"), 0.5, 0.02)
              .or(
                  () ->
                      rose("responses like another", history.series("response/identical"), 2, 0.3));
      case RESPONSES_STOPPED_ENDING ->
          fell("the share that ends", history.series("response/eos_rate"), 0.5, 0.1);
      case RESPONSES_AT_LENGTH_LIMIT ->
          atLimit(history.series("response/length_mean"), history.series("response/eos_rate"));
      case FORMAT_DRIFTS ->
          fell("the share of watch.format", history.series("response/format_rate"), 0.5, 0.1);
      case DISAGREEMENT_GROWS -> disagreement(history);
      case REWARD_WITHOUT_VARIANCE -> constant(history.series("reward/std"));
      case VALUE_WITHOUT_EXPLANATION -> unexplained(history.series("value/explained_variance"));
    };
  }

  /**
   * The monitor has fallen from its best while the reward rose: for {@link #PATIENCE} updates its
   * last mean is below its best by {@code watch.lost_gain} of what it had gained, with evidence.
   * Where it never gained any fall with evidence counts.
   */
  private Optional<String> overOptimised(Series proxy, Series monitor) {
    if (proxy.size() != monitor.size()) {
      return Optional.empty();
    }
    Optional<String> found = Optional.empty();
    for (int back = PATIENCE - 1; back >= 0; back--) {
      found = overOptimisedNow(before(proxy, back), before(monitor, back));
      if (found.isEmpty()) {
        return found;
      }
    }
    return found;
  }

  private static Series before(Series series, int back) {
    int size = Math.max(0, series.size() - back);
    return new Series(Arrays.copyOf(series.steps(), size), Arrays.copyOf(series.values(), size));
  }

  /** The best is that of a window's mean, or of two: a flat top hides in the noise of one. */
  private Optional<String> overOptimisedNow(Series proxy, Series monitor) {
    int n = monitor.size();
    int width = watch.windowOf(n);
    return n < 2 * width
        ? Optional.empty()
        : fallen(proxy, monitor, width, width)
            .or(() -> fallen(proxy, monitor, width, Math.min(2 * width, n - width)));
  }

  /** The last {@code width} updates against the best {@code wide} ones before them. */
  private Optional<String> fallen(Series proxy, Series monitor, int width, int wide) {
    int best = monitor.highest(wide, monitor.size() - width);
    double highest = monitor.mean(best, wide);
    double drop = highest - monitor.last(width);
    double gain = highest - monitor.first(width);
    double proxyRise = proxy.last(width) - proxy.mean(best, wide);
    // The standard error of a difference, in that of a window's mean.
    double of = Math.sqrt(1 + (double) width / wide);
    boolean falls =
        drop >= watch.lostGain() * gain
            && drop > watch.evidence() * of * monitor.error(width)
            && proxyRise > PROXY_EVIDENCE * of * proxy.error(width);
    return falls
        ? found(
            "reward rises (%.3g to %.3g), monitor falls (%.3g to %.3g) since update %d",
            proxy.mean(best, wide),
            proxy.last(width),
            highest,
            monitor.last(width),
            monitor.steps()[best - 1 - wide / 2])
        : Optional.empty();
  }

  private Optional<String> negative(Series kl) {
    int width = watch.windowOf(kl.size());
    return kl.size() >= 2 * width
            && kl.last(width) < NEGATIVE_NATS
            && Arrays.stream(kl.values(), kl.size() - width, kl.size()).allMatch(v -> v < 0)
            && kl.last(width) < -watch.evidence() * kl.error(width)
        ? found(
            "objective/kl is %.3g nats, the mean of %d updates; a divergence is never below 0",
            kl.last(width), width)
        : Optional.empty();
  }

  private Optional<String> explodes(Series kl, Series lengths) {
    int n = kl.size();
    if (n < 3) {
      return Optional.empty();
    }
    double now = kl.last(3);
    if (lengths.size() == n && now > NATS_PER_TOKEN * lengths.last(3)) {
      return found("objective/kl is %.3g nats, %.3g per token", now, now / lengths.last(3));
    }
    double before = Arrays.stream(kl.values(), 0, n - 3).max().orElse(Double.NaN);
    return n >= 3 + watch.windowOf(n) && now > LEAP_NATS && now > LEAP * before
        ? found("objective/kl is %.3g nats, at most %.3g before", now, before)
        : Optional.empty();
  }

  /**
   * Divergence and length up together with a drop of perplexity under the reference (Zheng et al.,
   * Secrets of RLHF in Large Language Models Part I: PPO, 2023, arXiv:2307.04964, section 5).
   */
  private Optional<String> patternCollapse(MetricsHistory history) {
    Optional<String> length = rose("length", history.series("response/length_mean"), 1.5, 1);
    Optional<String> perplexity =
        fell("perplexity", history.series("response/ref_perplexity"), 2.0 / 3, 0.1);
    Optional<String> kl = rose("objective/kl", history.series("objective/kl"), 1, 1);
    return kl.isPresent() && length.isPresent() && perplexity.isPresent()
        ? Optional.of(kl.get() + "; " + length.get() + "; " + perplexity.get())
        : Optional.empty();
  }

  private Optional<String> atLimit(Series lengths, Series ended) {
    int width = watch.windowOf(lengths.size());
    return lengths.size() >= width
            && ended.size() == lengths.size()
            && lengths.last(width) >= AT_LIMIT * longest
            && ended.last(width) < 0.5
        ? found(
            "responses have %.1f of at most %d tokens, %.0f%% end by themselves",
            lengths.last(width), longest, 100 * ended.last(width))
        : Optional.empty();
  }

  private Optional<String> disagreement(MetricsHistory history) {
    return history.names().stream()
        .filter(name -> name.endsWith("/disagreement"))
        .flatMap(name -> rose(name, history.series(name), 2, 0).stream())
        .findFirst();
  }

  private Optional<String> constant(Series deviation) {
    return deviation.size() >= CONSTANT_UPDATES && deviation.last(CONSTANT_UPDATES) < 1e-9
        ? found("reward/std is 0 in %d updates in a row", CONSTANT_UPDATES)
        : Optional.empty();
  }

  private Optional<String> unexplained(Series explained) {
    int n = explained.size();
    int width = Math.max(10, watch.windowOf(n));
    return n >= CRITIC_UPDATES + width
            && explained.last(width) < -2 * explained.error(width)
            && explained.last(width) < -0.05
        ? found(
            "value/explained_variance is %.3g, the mean of %d updates",
            explained.last(width), width)
        : Optional.empty();
  }

  /** The last mean is at most {@code factor} of the first, and lower by {@code least}. */
  private Optional<String> fell(String what, Series series, double factor, double least) {
    int width = watch.windowOf(series.size());
    return series.size() >= 2 * width
            && series.last(width) <= factor * series.first(width)
            && series.first(width) - series.last(width) >= least
            && -series.rise(width) > watch.evidence()
        ? change(what, series, width)
        : Optional.empty();
  }

  /** The last mean is at least {@code factor} of the first, and higher by {@code least}. */
  private Optional<String> rose(String what, Series series, double factor, double least) {
    int width = watch.windowOf(series.size());
    return series.size() >= 2 * width
            && series.last(width) >= factor * series.first(width)
            && series.last(width) - series.first(width) >= least
            && series.rise(width) > watch.evidence()
        ? change(what, series, width)
        : Optional.empty();
  }

  private static Optional<String> change(String what, Series series, int width) {
    return found("%s from %.3g to %.3g", what, series.first(width), series.last(width));
  }

  private static Optional<String> found(String text, Object... numbers) {
    return Optional.of(String.format(Locale.ROOT, text, numbers));
  }
}
