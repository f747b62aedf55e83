package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import plumbline.eval.Bootstrap;
import plumbline.eval.EqualDivergence.Measured;

class ComparedTrendsTest {
  @Test
  void theSlopeIsThatOfTheLeastSquaresLineThroughTheMeans() {
    SplittableRandom random = new SplittableRandom(3);
    double[] x = {0.25, 0.375, 0.5, 0.75};
    Map<String, Measured> measured = new LinkedHashMap<>();
    Map<String, Double> at = new LinkedHashMap<>();
    double[] means = new double[x.length];
    for (int m = 0; m < x.length; m++) {
      double[] quality = random.doubles(40).toArray();
      double[] kl = new double[40];
      Arrays.setAll(kl, i -> 2 * quality[i]);
      means[m] = Arrays.stream(quality).average().orElseThrow();
      measured.put("m" + m, new Measured(quality, kl));
      at.put("m" + m, x[m]);
    }
    ObjectNode summary = new ObjectMapper().createObjectNode();

    new ComparedTrends("gold", measured, Map.of("raw", at), new Bootstrap(1)).into(summary);

    double mx = Arrays.stream(x).average().orElseThrow();
    double my = Arrays.stream(means).average().orElseThrow();
    double xy = 0;
    double xx = 0;
    for (int m = 0; m < x.length; m++) {
      xy += (x[m] - mx) * (means[m] - my);
      xx += (x[m] - mx) * (x[m] - mx);
    }
    double slope = summary.at("/trends/raw/quality/mean").asDouble();
    assertThat(slope).isCloseTo(xy / xx, within(1e-12));
    assertThat(summary.at("/trends/raw/kl/mean").asDouble()).isCloseTo(2 * slope, within(1e-12));
    assertThat(summary.at("/trends/raw/quality/low").asDouble()).isLessThan(slope);
  }

  @Test
  void aTrendOverOneNumberIsRefused() {
    assertThatThrownBy(() -> ComparedTrends.check("raw", Map.of("a", 0.5, "b", 0.5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two different numbers");
  }
}
