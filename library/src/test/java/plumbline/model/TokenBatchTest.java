package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class TokenBatchTest {
  @Test
  void rowsAreFilledUpOnTheRight() {
    TokenBatch batch = TokenBatch.of(new int[] {7}, new int[] {1, 2, 3}, new int[] {4, 5});

    assertThat(batch.size()).isEqualTo(3);
    assertThat(batch.width()).isEqualTo(3);
    assertThat(batch.lengths()).containsExactly(1, 3, 2);
    Scopes.run(
        () -> {
          assertThat(Ops.shape(batch.ids())).containsExactly(3, 3);
          assertThat(Ops.toLongs(batch.ids())).containsExactly(7, 0, 0, 1, 2, 3, 4, 5, 0);
          assertThat(Ops.toFloats(batch.mask())).containsExactly(1, 0, 0, 1, 1, 1, 1, 1, 0);
        });
  }

  @Test
  void theMaskComesFromLengthsNotFromIds() {
    TokenBatch batch = TokenBatch.of(new int[] {0, 0}, new int[] {0});

    Scopes.run(() -> assertThat(Ops.toFloats(batch.mask())).containsExactly(1, 1, 1, 0));
  }

  @Test
  void paddingOnEitherSideIsTakenOff() {
    int[][] ids = {{9, 9, 1, 2}, {3, 4, 9, 9}, {9, 5, 6, 9}, {1, 2, 3, 4}};
    int[][] mask = {{0, 0, 1, 1}, {1, 1, 0, 0}, {0, 1, 1, 0}, {1, 1, 1, 1}};

    TokenBatch batch = TokenBatch.ofMasked(ids, mask);

    assertThat(batch.lengths()).containsExactly(2, 2, 2, 4);
    Scopes.run(
        () ->
            assertThat(Ops.toLongs(batch.ids()))
                .containsExactly(1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 0, 0, 1, 2, 3, 4));
  }

  @Test
  void aBatchThatIsNoneIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(TokenBatch::of)
        .withMessage("a batch has at least one row, found none");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenBatch.of(new int[] {1}, new int[0]))
        .withMessage("row 1 of the batch has no token");
  }

  @Test
  void aMaskThatIsNoneIsRefused() {
    int[][] ids = {{1, 2, 3}};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenBatch.ofMasked(ids, new int[][] {{1, 0, 1}}))
        .withMessage("the attention mask of row 0 has a hole at position 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenBatch.ofMasked(ids, new int[][] {{1, 1}}))
        .withMessage("row 0 has 3 ids but 2 mask entries");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenBatch.ofMasked(ids, new int[][] {{0, 0, 0}}))
        .withMessage("row 0 of the batch has no token");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenBatch.ofMasked(ids, new int[0][]))
        .withMessage("there are 1 rows of ids but 0 of masks");
  }
}
