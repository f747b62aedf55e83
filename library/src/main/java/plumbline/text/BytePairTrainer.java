package plumbline.text;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import plumbline.InputException;

/**
 * Learns byte-level byte-pair encoding: the commonest pair of neighbouring tokens becomes a token,
 * again and again (Sennrich et al. 2016, algorithm 1; on bytes as in Radford et al. 2019).
 *
 * <p>The result depends only on the texts, in any order: of equally common pairs the one that comes
 * first in lexicographic order (left token, then right token, as UTF-16) is merged.
 *
 * @param vocabularySize tokens wanted: special tokens, 256 bytes, merges
 * @param minFrequency a pair seen less often than this is not merged, so the vocabulary may stay
 *     smaller; at least 1
 * @param specialTokens take the lowest ids in this order and are never learnt from
 */
public record BytePairTrainer(int vocabularySize, long minFrequency, List<String> specialTokens) {
  /** Ends a text; also what rows of a batch are filled up with. Id 0 by default. */
  public static final String END_OF_TEXT = "<|endoftext|>";

  /** Begins a turn. Id 1 by default. */
  public static final String TURN_START = "<|im_start|>";

  /** Ends a turn, which is where generation stops. Id 2 by default. */
  public static final String TURN_END = "<|im_end|>";

  public static final List<String> DEFAULT_SPECIAL_TOKENS =
      List.of(END_OF_TEXT, TURN_START, TURN_END);

  public BytePairTrainer {
    specialTokens = List.copyOf(specialTokens);
    int least = 256 + specialTokens.size();
    if (vocabularySize < least) {
      throw new InputException(
          "a byte-level vocabulary has at least %d tokens (256 bytes and %d special tokens), found %d"
              .formatted(least, specialTokens.size(), vocabularySize));
    }
    if (minFrequency < 1) {
      throw new InputException("the minimum frequency must be 1 or more, found " + minFrequency);
    }
    if (specialTokens.contains("")
        || new LinkedHashSet<>(specialTokens).size() < specialTokens.size()) {
      throw new InputException("special tokens must differ and not be empty: " + specialTokens);
    }
    if (specialTokens.stream().anyMatch(ByteAlphabet.symbols()::contains)) {
      throw new InputException(
          "a special token must be longer than one character: " + specialTokens);
    }
  }

  /** A trainer with the project's special tokens that merges pairs seen at least twice. */
  public static BytePairTrainer ofSize(int vocabularySize) {
    return new BytePairTrainer(vocabularySize, 2, DEFAULT_SPECIAL_TOKENS);
  }

  /** Learns the merges of these texts. */
  public BytePairVocabulary train(Iterable<String> texts) {
    PairMerger merger =
        new PairMerger(ByteAlphabet.symbols(), Set.copyOf(specialTokens), wordCounts(texts));
    int target = vocabularySize - specialTokens.size();
    while (merger.size() < target && merger.mergeCommonest(minFrequency)) {}
    return new BytePairVocabulary(specialTokens, merger.tokens(), merger.merges());
  }

  /** How often each word, spelt in the byte alphabet, occurs between special tokens. */
  private Map<String, Long> wordCounts(Iterable<String> texts) {
    Pattern specials =
        Pattern.compile(
            specialTokens.stream()
                .sorted((a, b) -> b.length() - a.length())
                .map(Pattern::quote)
                .collect(Collectors.joining("|")));
    Map<String, Long> counts = new HashMap<>();
    for (String text : texts) {
      if (specialTokens.isEmpty()) {
        count(text, counts);
        continue;
      }
      Matcher matcher = specials.matcher(text);
      int from = 0;
      while (matcher.find()) {
        count(text.substring(from, matcher.start()), counts);
        from = matcher.end();
      }
      count(text.substring(from), counts);
    }
    Map<String, Long> spelt = new TreeMap<>();
    counts.forEach((word, n) -> spelt.merge(ByteAlphabet.spell(word), n, Long::sum));
    return spelt;
  }

  private static void count(String text, Map<String, Long> counts) {
    for (String word : ByteAlphabet.words(text)) {
      counts.merge(word, 1L, Long::sum);
    }
  }
}
