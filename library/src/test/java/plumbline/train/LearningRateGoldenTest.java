package plumbline.train;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;

class LearningRateGoldenTest {
  private static final Set<String> SCHEDULES =
      Arrays.stream(LearningRate.values())
          .map(schedule -> schedule.name().toLowerCase(Locale.ROOT))
          .collect(Collectors.toSet());
  private static final Set<String> OPTIONS =
      Set.of(
          "scheduler",
          "base_lr",
          "warmup_steps",
          "total_steps",
          "lr_end",
          "min_lr",
          "power",
          "num_cycles");

  @TestFactory
  Stream<DynamicTest> ratesEqualTheReference() {
    return GoldenFiles.tests(
        "lr_schedules", LearningRateGoldenTest::isKnown, LearningRateGoldenTest::check);
  }

  private static boolean isKnown(Case c) {
    Iterable<String> options = () -> c.json().path("params").fieldNames();
    String schedule = c.param("scheduler").asText();
    boolean cyclesAreKnown =
        schedule.equals("cosine_with_restarts") || c.param("num_cycles").asDouble(0.5) == 0.5;
    return SCHEDULES.contains(schedule)
        && cyclesAreKnown
        && StreamSupport.stream(options.spliterator(), false).allMatch(OPTIONS::contains);
  }

  private static void check(Case c) {
    LearningRate schedule =
        LearningRate.valueOf(c.param("scheduler").asText().toUpperCase(Locale.ROOT));
    double peak = c.param("base_lr").asDouble();
    double end = c.param("lr_end").asDouble(c.param("min_lr").asDouble(0));
    double[] wanted = GoldenFiles.values(c.output("lr_by_step_index"));
    for (int step = 0; step < wanted.length; step++) {
      double got =
          schedule.at(
              step,
              peak,
              c.param("warmup_steps").asInt(),
              c.param("total_steps").asInt(),
              end,
              c.param("power").asDouble(1),
              c.param("num_cycles").asInt(1));
      GoldenFiles.assertClose(schedule + " step " + step, got / peak, wanted[step] / peak, 1e-8);
    }
  }
}
