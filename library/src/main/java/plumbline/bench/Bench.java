package plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import plumbline.tensor.Engine;
import plumbline.tensor.EngineProbe;
import plumbline.tensor.EngineRate;
import plumbline.train.Memory;

/** Measures a workload in this process. */
public final class Bench {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Bench() {}

  /**
   * Runs a workload and says how fast it was.
   *
   * <p>{@code value} is that of the repeat in the middle; {@code floor_s} is how long a repeat
   * takes if nothing but its matrix products are done at the rate of large ones, or its weights
   * read at the machine's bandwidth, whichever is longer; {@code roofline} is the floor's share of
   * the fastest repeat. The peak of memory is this process's while the workload ran, or on systems
   * that tell only the highest, since its start.
   *
   * @param version of this program
   */
  public static ObjectNode run(Workload workload, BenchSettings settings, String version) {
    Measured measured = workload.measure(settings);
    long peak = Memory.peakMegabytes();
    EngineRate rate = EngineRate.measure();
    Laps laps = measured.laps();
    double median = Laps.median(laps.seconds());
    double best = Laps.best(laps.seconds());
    double floor =
        Math.max(
            measured.work().operations() / rate.operationsPerSecond(),
            measured.work().bytes() / rate.bytesPerSecond());
    ObjectNode line = JSON.createObjectNode();
    line.put("bench", workload.key() + (settings.ragged() ? "_ragged" : ""));
    line.put("value", rounded(measured.units() / median));
    line.put("unit", workload.unit());
    line.put("median_s", rounded(median));
    line.put("best_s", rounded(best));
    line.put("cpu_s", rounded(Laps.median(laps.cpuSeconds())));
    ArrayNode secs = line.putArray("secs");
    laps.seconds().forEach(lap -> secs.add(rounded(lap)));
    line.put("peak_rss_mb", peak);
    line.put("operations", measured.work().operations());
    line.put("bytes", measured.work().bytes());
    line.put("matrix_gflops", rounded(rate.operationsPerSecond() / 1e9));
    line.put("bandwidth_gbs", rounded(rate.bytesPerSecond() / 1e9));
    line.put("floor_s", rounded(floor));
    line.put("roofline", rounded(floor / best));
    line.put("parameters", measured.parameters());
    line.put("threads", Engine.threads());
    line.put("dtype", Engine.dtype());
    line.put("rollouts", settings.rolloutFormat().name().toLowerCase(Locale.ROOT));
    line.put("tiny", settings.tiny());
    EngineProbe probe = EngineProbe.ofLoaded();
    line.putObject("versions")
        .put("plumbline", version)
        .put("java", System.getProperty("java.version"))
        .put("libtorch", probe.libtorch())
        .put("openblas", probe.openblas())
        .put("kernels", System.getenv().getOrDefault("OPENBLAS_CORETYPE", "of this processor"));
    return line;
  }

  /** Four significant digits. */
  private static double rounded(double value) {
    return Double.parseDouble(String.format(Locale.ROOT, "%.4g", value));
  }
}
