package plumbline.data.clean;

import java.util.ArrayList;
import java.util.List;

/** Tells texts apart that say the same but for a word or a sign. */
public final class LikeTexts {
  private LikeTexts() {}

  /**
   * Which texts to keep: of those that are alike the first.
   *
   * @param least Jaccard similarity of their runs of three words from which on two texts are alike,
   *     in (0, 1]; numbers that differ tell texts apart at any similarity
   * @return places in {@code texts}, ascending
   */
  public static List<Integer> distinct(List<String> texts, double least) {
    List<Integer> kept = new ArrayList<>();
    List<Shingles> seen = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Shingles shingles = Shingles.of(texts.get(i));
      if (seen.stream().noneMatch(other -> shingles.near(other, least, true))) {
        kept.add(i);
        seen.add(shingles);
      }
    }
    return kept;
  }
}
