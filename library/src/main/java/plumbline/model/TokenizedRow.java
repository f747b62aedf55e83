package plumbline.model;

import java.util.Arrays;
import java.util.List;

/**
 * A prompt and a response as token ids.
 *
 * @param prompt at least one token
 * @param response the response's tokens, its end token included if it has ended
 */
public record TokenizedRow(int[] prompt, int[] response) {

  /** Prompt and response in one row. */
  public int[] tokens() {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + response.length);
    System.arraycopy(response, 0, tokens, prompt.length, response.length);
    return tokens;
  }

  /** {@link MicroBatches#split} of rows by the tokens of prompt and response. */
  public static List<List<Integer>> microBatches(List<TokenizedRow> rows, int rowsPerMicroBatch) {
    return MicroBatches.split(lengths(rows), rowsPerMicroBatch);
  }

  /** The same for a model that is trained by them: smaller ones if only its adapter is. */
  public static List<List<Integer>> microBatches(
      List<TokenizedRow> rows, int rowsPerMicroBatch, Transformer trained) {
    return MicroBatches.split(lengths(rows), rowsPerMicroBatch, trained.adapter().isPresent());
  }

  private static int[] lengths(List<TokenizedRow> rows) {
    return rows.stream().mapToInt(row -> row.prompt.length + row.response.length).toArray();
  }
}
