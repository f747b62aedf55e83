package plumbline.ppo;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;

class KlControllerGoldenTest {
  @TestFactory
  Stream<DynamicTest> coefficientsEqualTheReference() {
    return GoldenFiles.tests(
        "adaptive_kl",
        c -> !c.output("kl_coef_after_update").isMissingNode(),
        KlControllerGoldenTest::check);
  }

  private static void check(Case c) {
    KlController controller =
        new KlController.Adaptive(
            c.param("init_kl_coef").asDouble(),
            c.param("target").asDouble(),
            c.param("horizon").asDouble());
    double[] wanted = GoldenFiles.values(c.output("kl_coef_after_update"));
    double[] observed = GoldenFiles.values(c.input("observed_kl"));
    double[] got = new double[wanted.length];
    for (int i = 0; i < observed.length; i++) {
      controller = controller.after(observed[i], c.param("n_steps_per_update").asInt());
      got[i] = controller.coefficient();
    }
    GoldenFiles.assertClose("coefficients", got, wanted, 1e-8);
  }
}
