package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import plumbline.GradientCheck;
import plumbline.dpo.ObjectiveConfig.KlUnit;
import plumbline.dpo.TokenPair.Opponent;
import plumbline.model.TokenizedRow;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** The losses of a response against an opponent's, in double precision. */
class ContestTest {
  private static final double BETA = 0.3;
  private static final int WIDTH = 6;

  private final SplittableRandom random = new SplittableRandom(5);

  /** Pairs with log-probs of their tokens. */
  private record Rows(List<TokenPair> pairs, double[][] policy, List<float[]> reference) {}

  private Rows rows(int count) {
    List<TokenPair> pairs = new ArrayList<>();
    double[][] policy = new double[2 * count][WIDTH];
    List<float[]> reference = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TokenizedRow[] sides = new TokenizedRow[2];
      for (int side = 0; side < 2; side++) {
        int length = 1 + random.nextInt(WIDTH);
        sides[side] = new TokenizedRow(new int[] {1}, new int[length]);
        for (int t = 0; t < length; t++) {
          policy[2 * i + side][t] = -3 * random.nextDouble();
        }
      }
      Opponent opponent = random.nextBoolean() ? Opponent.CHOSEN : Opponent.REJECTED;
      TokenPair pair = new TokenPair(sides[0], sides[1], random.nextDouble(-2, 4), opponent);
      float[] own = new float[pair.own().response().length];
      for (int t = 0; t < own.length; t++) {
        own[t] = (float) (-3 * random.nextDouble());
      }
      pairs.add(pair);
      reference.add(own);
    }
    return new Rows(pairs, policy, reference);
  }

  private static ObjectiveConfig objective(PairObjective loss, KlUnit unit) {
    return new ObjectiveConfig(loss, 1, BETA, 0, ObjectiveConfig.Target.LABELS, 0, 0, unit);
  }

  /** The losses of all pairs, and the gradient of their sum in each token's log-prob. */
  private static double[][] computed(Rows rows, ObjectiveConfig objective) {
    return Scopes.call(
        () -> {
          int count = rows.pairs().size();
          double[] flat = Arrays.stream(rows.policy()).flatMapToDouble(Arrays::stream).toArray();
          Tensor tokens = GradientCheck.leaf(Ops.doubles(flat, 2L * count, WIDTH));
          Tensor zeros = torch.zeros_like(tokens.select(1, 0).narrow(0, 0, count));
          PairTerms terms =
              new PairTerms(
                  new PairLogprobs(zeros, zeros, zeros, zeros),
                  zeros,
                  zeros,
                  zeros,
                  0,
                  () -> Contest.of(rows.pairs(), tokens, rows.reference()));
          Tensor losses = objective.loss().losses(terms, objective);
          losses.sum().backward();
          return new double[][] {Ops.toDoubles(losses), Ops.toDoubles(tokens.grad())};
        });
  }

  @Test
  void nashMirrorDescentIsThePolicyGradientOfANaiveLoop() {
    for (KlUnit unit : KlUnit.values()) {
      Rows rows = rows(7);
      double[][] found = computed(rows, objective(PairObjective.NASH_MD, unit));
      for (int i = 0; i < rows.pairs().size(); i++) {
        TokenPair pair = rows.pairs().get(i);
        boolean chosenIsOwn = pair.opponent() == Opponent.REJECTED;
        double wins = 1 / (1 + Math.exp(chosenIsOwn ? -pair.strength() : pair.strength()));
        int own = 2 * i + (chosenIsOwn ? 0 : 1);
        double logprob = 0;
        double ratio = 0;
        double perToken = 0;
        for (int t = 0; t < rows.reference().get(i).length; t++) {
          double logp = rows.policy()[own][t];
          double ratioOfToken = logp - rows.reference().get(i)[t];
          logprob += logp;
          ratio += ratioOfToken;
          perToken += ratioOfToken * logp;
        }
        boolean token = unit == KlUnit.TOKEN;
        double pull = token ? perToken : ratio * logprob;
        assertThat(found[0][i]).isCloseTo((0.5 - wins) * logprob + BETA * pull, within(1e-6));
        for (int t = 0; t < WIDTH; t++) {
          // A sum's gradient reaches the zeros behind the end too, where a mask takes it away.
          boolean there = t < rows.reference().get(i).length;
          double ofToken = there ? rows.policy()[own][t] - rows.reference().get(i)[t] : 0;
          double wanted = 0.5 - wins + BETA * (token ? ofToken : ratio);
          assertThat(found[1][own * WIDTH + t]).isCloseTo(wanted, within(1e-6));
          assertThat(found[1][(own ^ 1) * WIDTH + t]).as("the opponent's tokens").isZero();
        }
      }
    }
  }

  @Test
  void optimismIsTheLogProbOfTheOpponentsResponse() {
    Rows rows = rows(7);
    double[][] found = computed(rows, objective(PairObjective.OPTIMISM, KlUnit.RESPONSE));
    for (int i = 0; i < rows.pairs().size(); i++) {
      int other = 2 * i + (rows.pairs().get(i).opponent() == Opponent.CHOSEN ? 0 : 1);
      assertThat(found[0][i]).isCloseTo(Arrays.stream(rows.policy()[other]).sum(), within(1e-9));
      assertThat(found[1][other * WIDTH]).isEqualTo(1);
      assertThat(found[1][(other ^ 1) * WIDTH]).isZero();
    }
  }

  /** All responses of two tokens over three, weighted by how likely the policy samples them. */
  @Test
  void thePullOfWholeResponsesIsTheGradientOfTheDivergence() {
    double[] policy = GradientCheck.normal(random, 12);
    double[] reference = GradientCheck.normal(random, 12);
    double[] wanted = Scopes.call(() -> gradientOfDivergence(policy, reference));
    double[] whole = Scopes.call(() -> expectedPull(policy, reference, KlUnit.RESPONSE));
    double[] tokens = Scopes.call(() -> expectedPull(policy, reference, KlUnit.TOKEN));
    double bias = 0;
    for (int i = 0; i < wanted.length; i++) {
      assertThat(whole[i]).isCloseTo(wanted[i], within(1e-9));
      bias += Math.abs(tokens[i] - wanted[i]);
    }
    // A token's own log-ratio leaves out what the token does to those behind it.
    assertThat(bias).isGreaterThan(1e-2);
  }

  /** log p of each token of the nine responses: float[9, 2], of logits float[4, 3]. */
  private static Tensor responses(Tensor logits) {
    Tensor all = logits.log_softmax(1);
    long[] first = {0, 0, 0, 1, 1, 1, 2, 2, 2};
    long[] second = {3, 4, 5, 6, 7, 8, 9, 10, 11};
    Tensor flat = all.reshape(-1);
    return torch.stack(
        new TensorVector(
            flat.index_select(0, Ops.longs(first, 9)), flat.index_select(0, Ops.longs(second, 9))),
        1);
  }

  private static double[] gradientOfDivergence(double[] policy, double[] reference) {
    Tensor logits = GradientCheck.leaf(Ops.doubles(policy, 4, 3));
    Tensor own = responses(logits).sum(1);
    Tensor other = responses(Ops.doubles(reference, 4, 3)).sum(1);
    own.exp().mul(own.sub(other)).sum().backward();
    return Ops.toDoubles(logits.grad());
  }

  private static double[] expectedPull(double[] policy, double[] reference, KlUnit unit) {
    Tensor logits = GradientCheck.leaf(Ops.doubles(policy, 4, 3));
    Tensor own = responses(logits);
    Tensor other = responses(Ops.doubles(reference, 4, 3));
    Tensor none = torch.zeros_like(own.sum(1));
    Tensor pull = new Contest(own, other, none, none).pull(unit);
    own.sum(1).exp().detach().mul(pull).sum().backward();
    return Ops.toDoubles(logits.grad());
  }
}
