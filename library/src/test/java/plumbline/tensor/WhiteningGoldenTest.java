package plumbline.tensor;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;

class WhiteningGoldenTest {
  @TestFactory
  Stream<DynamicTest> momentsAndWhiteningEqualTheReference() {
    return GoldenFiles.tests(
        "whitening", c -> !c.output("masked_whiten").isMissingNode(), WhiteningGoldenTest::check);
  }

  private static void check(Case c) {
    Tensor x = GoldenFiles.floats(c.input("values"));
    Tensor mask = GoldenFiles.floats(c.input("mask"));
    Tensor all = torch.ones_like(mask);
    assertEqual(c, "whiten", Ops.whiten(x, all));
    assertEqual(c, "whiten_keep_mean", Ops.whitenKeepingMean(x, all));
    assertEqual(c, "masked_mean", Ops.maskedMean(x, mask));
    assertEqual(c, "masked_mean_axis1", Ops.maskedMean(x, mask, 1));
    assertEqual(c, "masked_var_unbiased", Ops.maskedVariance(x, mask, true));
    assertEqual(c, "masked_var_biased", Ops.maskedVariance(x, mask, false));
    GoldenFiles.assertCloseWhere(
        mask, "masked_whiten", Ops.whiten(x, mask), c.output("masked_whiten"), 1e-6);
    GoldenFiles.assertCloseWhere(
        mask,
        "masked_whiten_keep_mean",
        Ops.whitenKeepingMean(x, mask),
        c.output("masked_whiten_keep_mean"),
        1e-6);
  }

  private static void assertEqual(Case c, String name, Tensor got) {
    GoldenFiles.assertClose(name, got, c.output(name), 1e-6);
  }
}
