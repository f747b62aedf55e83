package plumbline.model;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;

/**
 * Rows of token ids of different lengths, filled up on the right.
 *
 * <p>Lengths decide what takes part. Since attention is causal, what stands to the right of a row's
 * end can influence nothing inside it.
 */
public final class TokenBatch {
  private final int[][] rows;
  private final int[] firstPositions;
  private final Optional<int[][]> branches;
  private final int width;

  private TokenBatch(int[][] rows, int[] firstPositions, Optional<int[][]> branches) {
    this.rows = rows;
    this.firstPositions = firstPositions;
    this.branches = branches;
    this.width = Arrays.stream(rows).mapToInt(row -> row.length).max().orElse(0);
  }

  /**
   * Rows of at least one token each.
   *
   * @throws IllegalArgumentException if there is no row or an empty one
   */
  public static TokenBatch of(int[]... rows) {
    if (rows.length == 0) {
      throw new IllegalArgumentException("a batch has at least one row, found none");
    }
    for (int b = 0; b < rows.length; b++) {
      if (rows[b].length == 0) {
        throw new IllegalArgumentException("row " + b + " of the batch has no token");
      }
    }
    return new TokenBatch(rows.clone(), new int[rows.length], Optional.empty());
  }

  /**
   * These rows, counted from other positions than 0, as tools do that number the padding on the
   * left too.
   *
   * @param positions int[B], each row's position of its first token
   */
  public TokenBatch startingAt(int[] positions) {
    if (positions.length != rows.length || Arrays.stream(positions).anyMatch(p -> p < 0)) {
      throw new IllegalArgumentException(
          "first positions are "
              + Arrays.toString(positions)
              + ", wanted "
              + rows.length
              + " numbers of at least 0");
    }
    return new TokenBatch(rows, positions.clone(), branches);
  }

  /**
   * Rows in which several continuations follow one beginning: each sees the beginning and itself,
   * none of the others, and is numbered as if it stood right behind the beginning.
   *
   * @param rows the beginning and its continuations, one after the other
   * @param branches for each token 0 in the beginning, else the number of its continuation, from 1
   */
  public static TokenBatch ofBranches(int[][] rows, int[][] branches) {
    TokenBatch plain = of(rows);
    for (int b = 0; b < rows.length; b++) {
      if (branches[b].length != rows[b].length || branches[b][0] != 0) {
        throw new IllegalArgumentException(
            "row "
                + b
                + " has "
                + rows[b].length
                + " tokens and the branches "
                + Arrays.toString(branches[b])
                + ", wanted one for each token, the first one 0");
      }
    }
    return new TokenBatch(plain.rows, plain.firstPositions, Optional.of(branches.clone()));
  }

  /**
   * Rows given as a padded grid with its attention mask, padded on either side.
   *
   * @param ids int[B][T]
   * @param mask int[B][T], 1 = takes part; the ones of a row stand together
   */
  public static TokenBatch ofMasked(int[][] ids, int[][] mask) {
    if (mask.length != ids.length) {
      throw new IllegalArgumentException(
          "there are " + ids.length + " rows of ids but " + mask.length + " of masks");
    }
    int[][] rows = new int[ids.length][];
    for (int b = 0; b < ids.length; b++) {
      if (mask[b].length != ids[b].length) {
        throw new IllegalArgumentException(
            "row " + b + " has " + ids[b].length + " ids but " + mask[b].length + " mask entries");
      }
      int start = start(mask[b]);
      int length = Arrays.stream(mask[b]).sum();
      for (int t = start; t < start + length; t++) {
        if (t >= mask[b].length || mask[b][t] != 1) {
          throw new IllegalArgumentException(
              "the attention mask of row " + b + " has a hole at position " + t);
        }
      }
      rows[b] = Arrays.copyOfRange(ids[b], start, start + length);
    }
    return of(rows);
  }

  /** The first position of a mask that takes part. */
  static int start(int[] mask) {
    int start = 0;
    while (start < mask.length && mask[start] == 0) {
      start++;
    }
    return start;
  }

  public int size() {
    return rows.length;
  }

  /** The longest row's length. */
  public int width() {
    return width;
  }

  public int length(int row) {
    return rows[row].length;
  }

  /** The ids of a row. */
  int[] row(int row) {
    return rows[row].clone();
  }

  public int[] lengths() {
    return Arrays.stream(rows).mapToInt(row -> row.length).toArray();
  }

  /** Whether the tokens of every row have the positions 0, 1, 2 ... */
  boolean isPlain() {
    return branches.isEmpty() && Arrays.stream(firstPositions).allMatch(p -> p == 0);
  }

  /** The highest position of a token, plus 1. */
  int positionsEnd() {
    return IntStream.range(0, rows.length)
        .flatMap(b -> Arrays.stream(rowPositions(b)))
        .map(position -> position + 1)
        .max()
        .orElse(0);
  }

  private int[] rowPositions(int row) {
    int[] positions = IntStream.range(0, rows[row].length).toArray();
    if (branches.isPresent()) {
      int[] branch = branches.get()[row];
      int beginning = 0;
      for (int t = 0; t < positions.length; t++) {
        if (branch[t] == 0) {
          beginning = t + 1;
        }
        boolean starts = t > 0 && branch[t] != branch[t - 1];
        positions[t] = t == 0 ? 0 : starts ? beginning : positions[t - 1] + 1;
      }
    }
    Arrays.setAll(positions, t -> positions[t] + firstPositions[row]);
    return positions;
  }

  /** Each token's position in its row, the last one's beyond a row's end: long[B, T]. */
  Tensor positions() {
    long[] positions = new long[rows.length * width];
    for (int b = 0; b < rows.length; b++) {
      int[] row = rowPositions(b);
      for (int t = 0; t < width; t++) {
        positions[b * width + t] = row[Math.min(t, row.length - 1)];
      }
    }
    return Ops.longs(positions, rows.length, width);
  }

  /**
   * What each token may not see of those before it: bool[B, T, T], true where a continuation would
   * look at another; none if rows have no branches.
   */
  Optional<Tensor> strangers() {
    return branches.map(
        all -> {
          long[] grid = new long[rows.length * width];
          for (int b = 0; b < rows.length; b++) {
            for (int t = 0; t < rows[b].length; t++) {
              grid[b * width + t] = all[b][t];
            }
          }
          Tensor seen = Ops.longs(grid, rows.length, 1, width);
          Tensor other = seen.ne(Ops.longs(grid, rows.length, width, 1));
          return other.logical_and(seen.ne(new Scalar(0)));
        });
  }

  /** Whether all rows have one length. */
  boolean isFull() {
    return Arrays.stream(rows).allMatch(row -> row.length == width);
  }

  /** Where each row's first token stands in the rows one behind the other: long[B]. */
  Tensor firstTokens() {
    return flat(row -> 0);
  }

  /** Where each row's last token stands in the rows one behind the other: long[B]. */
  Tensor lastTokens() {
    return flat(row -> rows[row].length - 1);
  }

  private Tensor flat(IntUnaryOperator index) {
    long[] flat = new long[rows.length];
    Arrays.setAll(flat, b -> (long) b * width + index.applyAsInt(b));
    return Ops.longs(flat, flat.length);
  }

  /** The ids, 0 beyond a row's end: long[B, T]. */
  public Tensor ids() {
    long[] ids = new long[rows.length * width];
    for (int b = 0; b < rows.length; b++) {
      for (int t = 0; t < rows[b].length; t++) {
        ids[b * width + t] = rows[b][t];
      }
    }
    return Ops.longs(ids, rows.length, width);
  }

  /** 1 where a row has a token: float[B, T]. */
  public Tensor mask() {
    return Ops.lengthMask(lengths(), width);
  }
}
