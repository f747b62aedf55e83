package plumbline.train;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.model.MicroBatches;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;

/**
 * Rows of a prompt and a response, seen from the response: R is the longest response, position t of
 * a row is its t-th response token.
 */
public final class ResponseBatch {
  private final TokenBatch tokens;
  private final List<TokenizedRow> rows;
  private final Place[] places;
  private final int width;

  /** Where a response stands: its row of tokens and its first token's index in it. */
  private record Place(int row, int start) {}

  private ResponseBatch(TokenBatch tokens, List<TokenizedRow> rows, Place[] places) {
    this.tokens = tokens;
    this.rows = rows;
    this.places = places;
    this.width = rows.stream().mapToInt(row -> row.response().length).max().orElse(0);
  }

  public static ResponseBatch of(List<TokenizedRow> rows) {
    Place[] places = new Place[rows.size()];
    Arrays.setAll(places, i -> new Place(i, rows.get(i).prompt().length));
    return new ResponseBatch(
        TokenBatch.of(rows.stream().map(TokenizedRow::tokens).toArray(int[][]::new)),
        List.copyOf(rows),
        places);
  }

  /**
   * The same rows, but responses to one prompt share its tokens: every prompt is computed once,
   * whatever the number of its responses. Only for decoders.
   */
  public static ResponseBatch sharingPrompts(List<TokenizedRow> rows) {
    Map<IntBuffer, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      IntBuffer prompt = IntBuffer.wrap(rows.get(i).prompt());
      groups.computeIfAbsent(prompt, unseen -> new ArrayList<>()).add(i);
    }
    Place[] places = new Place[rows.size()];
    int[][] tokens = new int[groups.size()][];
    int[][] branches = new int[groups.size()][];
    int at = 0;
    for (List<Integer> group : groups.values()) {
      int[] prompt = rows.get(group.get(0)).prompt();
      int length = prompt.length;
      for (int i : group) {
        places[i] = new Place(at, length);
        length += rows.get(i).response().length;
      }
      tokens[at] = Arrays.copyOf(prompt, length);
      branches[at] = new int[length];
      for (int branch = 0; branch < group.size(); branch++) {
        int start = places[group.get(branch)].start();
        int[] response = rows.get(group.get(branch)).response();
        System.arraycopy(response, 0, tokens[at], start, response.length);
        Arrays.fill(branches[at], start, start + response.length, branch + 1);
      }
      at++;
    }
    return new ResponseBatch(TokenBatch.ofBranches(tokens, branches), List.copyOf(rows), places);
  }

  /**
   * A number per response token of many rows, some rows at a time, without gradients.
   *
   * @param rowsPerBatch rows computed at a time
   * @param function float[B, R] of a batch
   * @return each row's numbers, in the rows' order
   */
  public static List<float[]> computePerToken(
      List<TokenizedRow> rows, int rowsPerBatch, Function<ResponseBatch, Tensor> function) {
    double[][] numbers =
        MicroBatches.perRow(
            TokenizedRow.microBatches(rows, rowsPerBatch),
            part -> function.apply(of(part.stream().map(rows::get).toList())));
    List<float[]> found = new ArrayList<>();
    for (int row = 0; row < numbers.length; row++) {
      float[] ofRow = new float[rows.get(row).response().length];
      for (int t = 0; t < ofRow.length; t++) {
        ofRow[t] = (float) numbers[row][t];
      }
      found.add(ofRow);
    }
    return found;
  }

  public TokenBatch tokens() {
    return tokens;
  }

  /** R, the longest response in tokens. */
  public int width() {
    return width;
  }

  /** Response tokens in all rows together. */
  public int tokenCount() {
    return rows.stream().mapToInt(row -> row.response().length).sum();
  }

  /** 1 where a row has a response token: float[B, R]. */
  public Tensor mask() {
    return Ops.lengthMask(rows.stream().mapToInt(row -> row.response().length).toArray(), width);
  }

  /** The response tokens, 0 beyond a row's end: long[B, R]. */
  public Tensor ids() {
    long[] ids = new long[rows.size() * width];
    for (int b = 0; b < rows.size(); b++) {
      int[] response = rows.get(b).response();
      for (int t = 0; t < response.length; t++) {
        ids[b * width + t] = response[t];
      }
    }
    return Ops.longs(ids, rows.size(), width);
  }

  /**
   * The hidden states from which each response token is predicted, those of the token before it.
   *
   * @return float[B, R, D]; beyond a row's end some state of that row
   */
  public Tensor states(Transformer decoder) {
    long[] grid =
        IntStream.range(0, rows.size())
            .mapToObj(b -> IntStream.range(0, width).mapToLong(t -> statePosition(b, t)))
            .flatMapToLong(stream -> stream)
            .toArray();
    long[] wanted = LongStream.of(grid).sorted().distinct().toArray();
    Tensor states = decoder.hiddenAt(tokens, Ops.longs(wanted, wanted.length));
    if (!Arrays.equals(grid, wanted)) {
      long[] places = LongStream.of(grid).map(at -> Arrays.binarySearch(wanted, at)).toArray();
      states = states.index_select(0, Ops.longs(places, places.length));
    }
    return states.view(rows.size(), width, states.size(1));
  }

  /** The first response token is predicted at the prompt's last, wherever the response stands. */
  private long statePosition(int row, int t) {
    Place place = places[row];
    int last = Math.min(t, rows.get(row).response().length) - 1;
    int index = last < 0 ? rows.get(row).prompt().length - 1 : place.start() + last;
    return (long) place.row() * tokens.width() + index;
  }

  /**
   * Per-token numbers of rows of different lengths as one tensor: float[B, R], 0 beyond a row's
   * end.
   */
  public Tensor perToken(List<float[]> values) {
    if (values.size() != rows.size()) {
      throw new IllegalArgumentException(rows.size() + " rows have the values of " + values.size());
    }
    float[] grid = new float[rows.size() * width];
    for (int b = 0; b < rows.size(); b++) {
      float[] row = values.get(b);
      if (row.length != rows.get(b).response().length) {
        throw new IllegalArgumentException(
            "row "
                + b
                + " has "
                + row.length
                + " values but "
                + rows.get(b).response().length
                + " response tokens");
      }
      System.arraycopy(row, 0, grid, b * width, row.length);
    }
    return Ops.floats(grid, rows.size(), width);
  }

  /** The reverse of {@link #perToken}: each row's numbers up to its end. */
  public List<float[]> rows(Tensor grid) {
    float[] values = Ops.toFloats(grid);
    return IntStream.range(0, rows.size())
        .mapToObj(
            b -> Arrays.copyOfRange(values, b * width, b * width + rows.get(b).response().length))
        .toList();
  }
}
