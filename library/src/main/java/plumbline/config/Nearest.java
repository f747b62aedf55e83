package plumbline.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Guesses what a misspelt word was meant to be. */
public final class Nearest {
  private Nearest() {}

  /**
   * The known word nearest to a wrong one: equal but for case, dashes and underscores; else at a
   * Damerau-Levenshtein distance of at most a third of its length; else one that begins with it.
   */
  public static Optional<String> to(String wrong, Collection<String> known) {
    String plain = plain(wrong);
    String best = null;
    int bestDistance = Math.max(1, plain.length() / 3) + 1;
    for (String word : known) {
      int distance = distance(plain, plain(word));
      if (distance < bestDistance && distance < plain(word).length()) {
        best = word;
        bestDistance = distance;
      }
    }
    return best != null ? Optional.of(best) : byPrefix(plain, known);
  }

  /** "; did you mean 'x'?", or the known words if none is near. */
  public static String hint(String wrong, Collection<String> known) {
    return to(wrong, known)
        .map(word -> "; did you mean '" + word + "'?")
        .orElseGet(() -> known.isEmpty() ? "" : "; known: " + String.join(", ", known));
  }

  private static Optional<String> byPrefix(String plain, Collection<String> known) {
    if (plain.length() < 2) {
      return Optional.empty();
    }
    return known.stream()
        .filter(
            word -> {
              String candidate = plain(word);
              return candidate.startsWith(plain)
                  || (candidate.length() > 3 && plain.startsWith(candidate));
            })
        .findFirst();
  }

  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  /**
   * Edits (insert, delete, replace, swap neighbours) between two words, each letter edited once.
   */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      d[i][0] = i;
    }
    for (int j = 0; j <= b.length(); j++) {
      d[0][j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      for (int j = 1; j <= b.length(); j++) {
        int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
