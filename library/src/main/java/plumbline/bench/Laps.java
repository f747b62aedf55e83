package plumbline.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import plumbline.train.Memory;
import plumbline.train.Progress;

/**
 * A watch that takes the time of every step of a training: what its progress is told. Steps of the
 * warm-up are not counted.
 */
final class Laps implements Progress, Progress.Task {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final List<Double> seconds = new ArrayList<>();
  private final List<Double> cpuSeconds = new ArrayList<>();
  private final int warmup;
  private int done;
  private long nanos;
  private long cpuNanos;
  private double startedAfter;
  private double cpuStartedAfter;

  Laps(int warmup) {
    this.warmup = warmup;
    now();
  }

  private void now() {
    nanos = System.nanoTime();
    cpuNanos = SYSTEM.getProcessCpuTime();
  }

  /** Training begins its steps; what was done before them is over. */
  @Override
  public Task start(String label, long total) {
    startedAfter = (System.nanoTime() - nanos) / 1e9;
    cpuStartedAfter = (SYSTEM.getProcessCpuTime() - cpuNanos) / 1e9;
    forgetGarbage();
    now();
    return this;
  }

  /** What made the random weights would count as memory of the workload. */
  private static void forgetGarbage() {
    System.gc();
    Memory.forgetPeak();
  }

  @Override
  public void step(String note) {
    done++;
    if (done > warmup) {
      seconds.add((System.nanoTime() - nanos) / 1e9);
      cpuSeconds.add((SYSTEM.getProcessCpuTime() - cpuNanos) / 1e9);
    }
    now();
  }

  @Override
  public void note(String line) {}

  @Override
  public void close() {}

  /** Adds to each step what was done once before all of them and belongs to each. */
  void addPreparation() {
    seconds.replaceAll(lap -> lap + startedAfter);
    cpuSeconds.replaceAll(lap -> lap + cpuStartedAfter);
  }

  /** Seconds of each counted step. */
  List<Double> seconds() {
    return List.copyOf(seconds);
  }

  /** Seconds of computing of each counted step, of all threads together. */
  List<Double> cpuSeconds() {
    return List.copyOf(cpuSeconds);
  }

  /** The middle one; of an even number the higher of the two. */
  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  static double best(List<Double> values) {
    return Arrays.stream(values.stream().mapToDouble(Double::doubleValue).toArray())
        .min()
        .orElseThrow();
  }
}
