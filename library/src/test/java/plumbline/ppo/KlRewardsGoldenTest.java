package plumbline.ppo;

import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;
import plumbline.tensor.Ops;

class KlRewardsGoldenTest {
  private static final Map<String, KlPenalty> PENALTIES =
      Map.of("kl", KlPenalty.K1, "mse", KlPenalty.K2, "abs", KlPenalty.ABS, "full", KlPenalty.FULL);

  @TestFactory
  Stream<DynamicTest> penaltiesAndRewardsEqualTheReference() {
    return GoldenFiles.tests(
        "ppo_kl_rewards",
        c -> PENALTIES.containsKey(c.param("kl_penalty").asText()),
        KlRewardsGoldenTest::check);
  }

  private static void check(Case c) {
    Tensor mask = GoldenFiles.floats(c.input("mask"));
    Tensor kl =
        PENALTIES
            .get(c.param("kl_penalty").asText())
            .of(
                GoldenFiles.floats(c.input("logprobs")),
                GoldenFiles.floats(c.input("ref_logprobs")));
    GoldenFiles.assertClose("kl", kl, c.output("kl"), 1e-6);
    double coefficient = c.param("kl_coef").asDouble();
    Tensor scores = GoldenFiles.floats(c.input("scores"));
    Tensor rewards = TokenRewards.of(scores, kl, mask, coefficient);
    GoldenFiles.assertCloseWhere(mask, "rewards", rewards, c.output("rewards"), 1e-6);
    Tensor unscored = TokenRewards.of(Ops.times(scores, 0), kl, mask, coefficient);
    GoldenFiles.assertCloseWhere(
        mask, "non_score_rewards", unscored, c.output("non_score_rewards"), 1e-6);
  }

  @TestFactory
  Stream<DynamicTest> k3EqualsTheReference() {
    return GoldenFiles.tests(
        "kl_k3", c -> !c.output("k3").isMissingNode(), KlRewardsGoldenTest::checkK3);
  }

  private static void checkK3(Case c) {
    Tensor k3 =
        KlPenalty.K3.of(
            GoldenFiles.floats(c.input("logprobs")), GoldenFiles.floats(c.input("ref_logprobs")));
    GoldenFiles.assertClose("k3", k3, c.output("k3"), 1e-6);
  }
}
