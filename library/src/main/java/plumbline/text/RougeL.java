package plumbline.text;

import java.util.List;

/**
 * How much of two texts is the same words in the same order (Lin, ROUGE: A Package for Automatic
 * Evaluation of Summaries, 2004, section 3.1): with L the length of their longest common
 * subsequence of words, precision L/n, recall L/m and their harmonic mean.
 */
public final class RougeL {
  private RougeL() {}

  /**
   * {@code 2 L / (m + n)}, the F1 of precision and recall.
   *
   * @param a words, {@link Ngrams#words}
   * @param b words
   * @return in [0, 1]; 0 where one has no words
   */
  public static double f1(List<String> a, List<String> b) {
    return a.isEmpty() || b.isEmpty() ? 0 : 2.0 * longest(a, b) / (a.size() + b.size());
  }

  /** The length of the longest common subsequence, in O(m n) time and O(n) memory. */
  private static int longest(List<String> a, List<String> b) {
    int[] row = new int[b.size() + 1];
    for (String word : a) {
      int corner = 0;
      for (int j = 1; j < row.length; j++) {
        int above = row[j];
        row[j] = word.equals(b.get(j - 1)) ? corner + 1 : Math.max(above, row[j - 1]);
        corner = above;
      }
    }
    return row[b.size()];
  }
}
