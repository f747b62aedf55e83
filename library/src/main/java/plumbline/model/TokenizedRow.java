package plumbline.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
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

  /**
   * Splits rows into micro-batches; rows of like length come together, so that little is padded.
   *
   * @return lists of indices into {@code rows}
   */
  public static List<List<Integer>> microBatches(List<TokenizedRow> rows, int rowsPerMicroBatch) {
    List<Integer> byLength = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      byLength.add(i);
    }
    byLength.sort(
        Comparator.comparingInt(i -> rows.get(i).prompt.length + rows.get(i).response.length));
    List<List<Integer>> batches = new ArrayList<>();
    for (int start = 0; start < byLength.size(); start += rowsPerMicroBatch) {
      batches.add(
          List.copyOf(
              byLength.subList(start, Math.min(byLength.size(), start + rowsPerMicroBatch))));
    }
    return batches;
  }
}
