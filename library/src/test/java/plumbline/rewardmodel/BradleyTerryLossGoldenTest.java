package plumbline.rewardmodel;

import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;
import plumbline.GradientCheck;

class BradleyTerryLossGoldenTest {
  @TestFactory
  Stream<DynamicTest> lossAndGradientsEqualTheReference() {
    return GoldenFiles.tests(
        "reward_model_loss",
        c -> !c.input("rewards_chosen").isMissingNode(),
        BradleyTerryLossGoldenTest::check);
  }

  private static void check(Case c) {
    Tensor chosen = GradientCheck.leaf(GoldenFiles.floats(c.input("rewards_chosen")));
    Tensor rejected = GradientCheck.leaf(GoldenFiles.floats(c.input("rewards_rejected")));
    Tensor margin =
        c.input("margin").isObject()
            ? GoldenFiles.floats(c.input("margin"))
            : torch.zeros_like(chosen);
    double centring = c.param("center_rewards_coefficient").asDouble(0);
    double smoothing = c.param("label_smoothing").asDouble(0);
    Tensor losses = BradleyTerryLoss.perPair(chosen, rejected, margin, smoothing, centring);
    Tensor loss = BradleyTerryLoss.mean(losses, losses.numel());
    GoldenFiles.assertClose("loss", loss, c.output("loss"), 1e-6);
    loss.backward();
    GoldenFiles.assertClose("chosen", chosen.grad(), c.output("grad").path("rewards_chosen"), 1e-6);
    GoldenFiles.assertClose(
        "rejected", rejected.grad(), c.output("grad").path("rewards_rejected"), 1e-6);
  }
}
