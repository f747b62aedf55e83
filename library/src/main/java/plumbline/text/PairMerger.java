package plumbline.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * The words of a corpus as rows of token numbers, and how often each pair of neighbours occurs.
 *
 * <p>A merge changes only the words that hold its pair, and only their pairs are counted anew. The
 * heap may hold a pair with a count of the past: counts are checked when it comes up.
 */
final class PairMerger {
  private record Candidate(long pair, long count, String left, String right) {}

  private static final class Occurrences {
    long count;

    /** Words that held the pair at some time, perhaps twice in the list, perhaps no longer. */
    int[] words = new int[4];

    int size;

    void add(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, size * 2);
      }
      words[size++] = word;
    }
  }

  private static final Comparator<Candidate> COMMONEST_FIRST =
      Comparator.comparingLong(Candidate::count)
          .reversed()
          .thenComparing(Candidate::left)
          .thenComparing(Candidate::right);

  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Set<List<String>> merges = new LinkedHashSet<>();
  private final Set<String> reserved;
  private final int[][] words;
  private final long[] wordCounts;
  private final Map<Long, Occurrences> pairs = new HashMap<>();
  private final PriorityQueue<Candidate> heap = new PriorityQueue<>(COMMONEST_FIRST);

  /**
   * @param symbols the tokens to begin with
   * @param reserved strings that no token may become
   * @param counts words spelt in symbols of one character, with their counts
   */
  PairMerger(List<String> symbols, Set<String> reserved, Map<String, Long> counts) {
    this.tokens = new ArrayList<>(symbols);
    this.reserved = Set.copyOf(reserved);
    symbols.forEach(symbol -> ids.put(symbol, ids.size()));
    this.words = new int[counts.size()][];
    this.wordCounts = new long[counts.size()];
    int word = 0;
    for (Map.Entry<String, Long> entry : counts.entrySet()) {
      words[word] = entry.getKey().chars().map(c -> ids.get(Character.toString(c))).toArray();
      wordCounts[word] = entry.getValue();
      countPairs(word, 1);
      word++;
    }
    pairs.forEach((pair, occurrences) -> offer(pair, occurrences.count));
  }

  int size() {
    return tokens.size();
  }

  /** Tokens in the order they came. */
  List<String> tokens() {
    return List.copyOf(tokens);
  }

  /** Pairs (left, right) in the order they were merged. */
  List<List<String>> merges() {
    return List.copyOf(merges);
  }

  /** Makes the commonest pair a token; false if no pair occurs {@code minFrequency} times. */
  boolean mergeCommonest(long minFrequency) {
    Candidate best = heap.poll();
    while (best != null && !isTrue(best)) {
      best = heap.poll();
    }
    if (best == null || best.count < minFrequency) {
      return false;
    }
    // A pair comes back when another pair makes its left or right token; its rank stays the first.
    merges.add(List.of(best.left, best.right));
    int merged =
        ids.computeIfAbsent(
            best.left + best.right,
            token -> {
              tokens.add(token);
              return tokens.size() - 1;
            });
    Map<Long, Long> before = new HashMap<>();
    Occurrences holders = pairs.get(best.pair);
    int[] candidates = Arrays.stream(holders.words, 0, holders.size).distinct().toArray();
    for (int word : candidates) {
      replace(word, best.pair, merged, before);
    }
    before.forEach(
        (pair, count) -> {
          long now = pairs.get(pair).count;
          if (now != count) {
            offer(pair, now);
          }
        });
    return true;
  }

  private boolean isTrue(Candidate candidate) {
    return pairs.get(candidate.pair).count == candidate.count
        && !reserved.contains(candidate.left + candidate.right);
  }

  private void replace(int word, long pair, int merged, Map<Long, Long> before) {
    int[] old = words[word];
    int[] row = new int[old.length];
    int length = 0;
    for (int i = 0; i < old.length; i++) {
      if (i + 1 < old.length && pair(old[i], old[i + 1]) == pair) {
        row[length++] = merged;
        i++;
      } else {
        row[length++] = old[i];
      }
    }
    if (length == old.length) {
      return;
    }
    remember(old, before);
    countPairs(word, -1);
    words[word] = Arrays.copyOf(row, length);
    remember(words[word], before);
    countPairs(word, 1);
  }

  private void remember(int[] row, Map<Long, Long> before) {
    for (int i = 0; i + 1 < row.length; i++) {
      long pair = pair(row[i], row[i + 1]);
      Occurrences occurrences = pairs.get(pair);
      before.putIfAbsent(pair, occurrences == null ? 0 : occurrences.count);
    }
  }

  private void countPairs(int word, int sign) {
    int[] row = words[word];
    for (int i = 0; i + 1 < row.length; i++) {
      Occurrences occurrences =
          pairs.computeIfAbsent(pair(row[i], row[i + 1]), unused -> new Occurrences());
      occurrences.count += sign * wordCounts[word];
      if (sign > 0) {
        occurrences.add(word);
      }
    }
  }

  private void offer(long pair, long count) {
    if (count > 0) {
      heap.add(new Candidate(pair, count, tokens.get((int) (pair >>> 32)), tokens.get((int) pair)));
    }
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }
}
