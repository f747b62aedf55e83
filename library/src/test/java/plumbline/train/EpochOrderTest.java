package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EpochOrderTest {
  @Test
  void everyEpochVisitsEveryRowOnce() {
    EpochOrder order = new EpochOrder(13, 5);
    for (int epoch = 0; epoch < 4; epoch++) {
      int[] visited = order.next(13);
      Arrays.sort(visited);
      assertThat(visited).containsExactly(IntStream.range(0, 13).toArray());
    }
    assertThat(order.position()).isEqualTo(52);
  }

  @Test
  void theOrderDoesNotDependOnHowItIsAskedFor() {
    int[] whole = new EpochOrder(10, 5).next(35);
    EpochOrder order = new EpochOrder(10, 5);
    int[] pieces =
        IntStream.of(3, 4, 11, 0, 16, 1)
            .flatMap(count -> IntStream.of(order.next(count)))
            .toArray();
    assertThat(pieces).containsExactly(whole);
  }

  @Test
  void epochsAndSeedsDiffer() {
    EpochOrder order = new EpochOrder(50, 5);
    int[] first = order.next(50);
    assertThat(order.next(50)).isNotEqualTo(first);
    assertThat(new EpochOrder(50, 6).next(50)).isNotEqualTo(first);
    assertThat(new EpochOrder(50, 5).next(50)).isEqualTo(first);
  }

  @Test
  void aSeedIsNotTheNextSeedsLaterEpoch() {
    EpochOrder order = new EpochOrder(20, 0);
    order.next(20);
    assertThat(order.next(20)).isNotEqualTo(new EpochOrder(20, 1).next(20));
  }

  @Test
  void everyRowIsAsLikelyAtEveryPlace() {
    int rows = 6;
    int epochs = 6000;
    int[][] counts = new int[rows][rows];
    EpochOrder order = new EpochOrder(rows, 17);
    for (int epoch = 0; epoch < epochs; epoch++) {
      int[] visited = order.next(rows);
      for (int place = 0; place < rows; place++) {
        counts[visited[place]][place]++;
      }
    }
    double expected = (double) epochs / rows;
    double chiSquare = 0;
    for (int[] row : counts) {
      for (int count : row) {
        chiSquare += (count - expected) * (count - expected) / expected;
      }
    }
    // 25 degrees of freedom: above 52.6 in one of a thousand shuffles that are fair.
    assertThat(chiSquare).isLessThan(52.6);
  }

  @Test
  void noRowIsLeftOutOfAnEpoch() {
    assertThat(EpochOrder.updates(8, 1, 8, OptionalInt.empty())).isEqualTo(1);
    assertThat(EpochOrder.updates(9, 1, 8, OptionalInt.empty())).isEqualTo(2);
    assertThat(EpochOrder.updates(9, 8, 8, OptionalInt.empty())).isEqualTo(9);
    assertThat(EpochOrder.updates(1, 1, 8, OptionalInt.empty())).isEqualTo(1);
    assertThat(EpochOrder.updates(9, 8, 8, OptionalInt.of(3))).isEqualTo(3);
  }

  @Test
  void noRowsAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EpochOrder(0, 1))
        .withMessage("there are no rows to visit");
  }
}
