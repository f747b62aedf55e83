package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import plumbline.dpo.PairRule.Pair;

class PairRuleTest {
  private static final double[] SCORES = {0.5, 2, -1, 1.5};

  @Test
  void theBestMeetsTheResponseOfTheRule() {
    assertThat(PairRule.BEST_WORST.pairs(SCORES, 0, 1)).containsExactly(new Pair(1, 2));
    assertThat(PairRule.BEST_SECOND.pairs(SCORES, 0, 1)).containsExactly(new Pair(1, 3));
    assertThat(PairRule.BEST_OTHERS.pairs(SCORES, 0, 1))
        .containsExactly(new Pair(1, 3), new Pair(1, 0), new Pair(1, 2));
  }

  @Test
  void aRandomResponseIsAnyOfTheOthersAndDecidedByTheSeed() {
    Set<Integer> rejected = new HashSet<>();
    for (long seed = 0; seed < 50; seed++) {
      List<Pair> pairs = PairRule.BEST_RANDOM.pairs(SCORES, 0, seed);
      assertThat(pairs).isEqualTo(PairRule.BEST_RANDOM.pairs(SCORES, 0, seed)).hasSize(1);
      assertThat(pairs.get(0).chosen()).isEqualTo(1);
      rejected.add(pairs.get(0).rejected());
    }
    assertThat(rejected).containsExactlyInAnyOrder(0, 2, 3);
  }

  @Test
  void eachOfTheFirstHalfMeetsItsOpponent() {
    assertThat(PairRule.OPPONENT.pairs(SCORES, 0, 1))
        .containsExactly(new Pair(0, 2), new Pair(1, 3));
    assertThat(PairRule.OPPONENT.pairs(new double[] {1, 2, 3, 2}, 0, 1))
        .containsExactly(new Pair(2, 0));
    assertThat(PairRule.OPPONENT.pairs(new double[] {1, 1}, Double.NEGATIVE_INFINITY, 1))
        .containsExactly(new Pair(0, 1));
  }

  @Test
  void tiesMakeNoPair() {
    for (PairRule rule : PairRule.values()) {
      assertThat(rule.pairs(new double[] {1, 1, 1}, 0, 1)).isEmpty();
      assertThat(rule.pairs(SCORES, 3, 1)).isEmpty();
      assertThat(rule.pairs(new double[] {1}, 0, 1)).isEmpty();
    }
    assertThat(PairRule.BEST_OTHERS.pairs(SCORES, 1, 1))
        .containsExactly(new Pair(1, 0), new Pair(1, 2));
  }

  @Test
  void everyPairOfRandomScoresIsTheRightWayRound() {
    SplittableRandom random = new SplittableRandom(7);
    for (int n = 0; n < 200; n++) {
      double[] scores = new double[2 + random.nextInt(6)];
      for (int i = 0; i < scores.length; i++) {
        scores[i] = random.nextInt(4);
      }
      for (PairRule rule : PairRule.values()) {
        for (Pair pair : rule.pairs(scores, 0, n)) {
          assertThat(scores[pair.chosen()]).isGreaterThan(scores[pair.rejected()]);
        }
      }
    }
  }
}
