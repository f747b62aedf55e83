package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;

class BytePairTrainerTest {
  @TempDir Path folder;

  private static final List<String> SNIPPETS =
      List.of(
          "a",
          "b",
          "ab",
          "aa",
          "ba",
          "the ",
          " the",
          "n't",
          "don't",
          "1",
          "23",
          " 456",
          ".",
          "...",
          "\n",
          "\r\n",
          "\n\n",
          "\t",
          "  ",
          "   ",
          " ",
          "é",
          "e\u0301",
          "ß",
          "日本",
          "🙂",
          "👩‍⚕️",
          "\u0000",
          "\u0007",
          "\u00a0",
          "\u3000",
          "\u200d",
          "İ",
          "<",
          "|",
          ">",
          "im_end",
          "<|im_end",
          "'s",
          "'");

  /** A text of random snippets, spaces of many kinds, controls, combining marks and emoji. */
  static String randomText(SplittableRandom random, int snippets) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < snippets; i++) {
      text.append(SNIPPETS.get(random.nextInt(SNIPPETS.size())));
    }
    return text.toString();
  }

  static List<String> randomCorpus(long seed, int texts) {
    SplittableRandom random = new SplittableRandom(seed);
    List<String> corpus = new ArrayList<>();
    for (int i = 0; i < texts; i++) {
      corpus.add(randomText(random, 1 + random.nextInt(40)));
    }
    return corpus;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void mergesAreThoseOfCountingEverythingAnewEachTime(long seed) {
    List<String> corpus = randomCorpus(seed, 30);
    BytePairVocabulary learnt =
        new BytePairTrainer(256 + 3 + 80, 1 + seed % 3, BytePairTrainer.DEFAULT_SPECIAL_TOKENS)
            .train(corpus);
    assertThat(learnt.merges())
        .isEqualTo(naiveMerges(corpus, learnt.tokens().size(), 1 + seed % 3));
    assertThat(learnt.merges()).isNotEmpty();
  }

  /** Counts every pair of the whole corpus before each merge. */
  private static List<List<String>> naiveMerges(List<String> corpus, int size, long minFrequency) {
    List<List<String>> words = new ArrayList<>();
    for (String text : corpus) {
      for (String word : ByteAlphabet.words(text)) {
        words.add(spelling(word));
      }
    }
    Set<String> tokens = new LinkedHashSet<>(ByteAlphabet.symbols());
    Set<List<String>> merges = new LinkedHashSet<>();
    while (tokens.size() < size) {
      Map<List<String>, Integer> counts = new HashMap<>();
      for (List<String> word : words) {
        for (int i = 0; i + 1 < word.size(); i++) {
          counts.merge(List.of(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      List<String> best = null;
      for (Map.Entry<List<String>, Integer> entry : counts.entrySet()) {
        int more = best == null ? 1 : Integer.compare(entry.getValue(), counts.get(best));
        if (more > 0 || (more == 0 && compare(entry.getKey(), best) < 0)) {
          best = entry.getKey();
        }
      }
      if (best == null || counts.get(best) < minFrequency) {
        break;
      }
      merges.add(best);
      tokens.add(best.get(0) + best.get(1));
      for (List<String> word : words) {
        merge(word, best.get(0), best.get(1));
      }
    }
    return List.copyOf(merges);
  }

  private static int compare(List<String> a, List<String> b) {
    int left = a.get(0).compareTo(b.get(0));
    return left != 0 ? left : a.get(1).compareTo(b.get(1));
  }

  private static List<String> spelling(String word) {
    List<String> symbols = new ArrayList<>();
    ByteAlphabet.spell(word).chars().forEach(c -> symbols.add(Character.toString(c)));
    return symbols;
  }

  private static void merge(List<String> word, String left, String right) {
    for (int i = 0; i + 1 < word.size(); i++) {
      if (word.get(i).equals(left) && word.get(i + 1).equals(right)) {
        word.set(i, left + right);
        word.remove(i + 1);
      }
    }
  }

  @Test
  void encodingIsThatOfApplyingTheMergesByRank() {
    BytePairVocabulary learnt = BytePairTrainer.ofSize(400).train(randomCorpus(11, 200));
    learnt.write(folder);
    List<String> all = new ArrayList<>(learnt.specialTokens());
    all.addAll(learnt.tokens());
    SplittableRandom random = new SplittableRandom(12);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (int i = 0; i < 200; i++) {
        String text = randomText(random, random.nextInt(30));
        List<Integer> expected = new ArrayList<>();
        for (String word : ByteAlphabet.words(text)) {
          List<String> symbols = spelling(word);
          // Each merge in turn, everywhere: the same as the lowest rank first.
          learnt.merges().forEach(m -> merge(symbols, m.get(0), m.get(1)));
          symbols.forEach(symbol -> expected.add(all.indexOf(symbol)));
        }
        assertThat(tokenizer.encode(text))
            .as(text)
            .containsExactly(expected.stream().mapToInt(Integer::intValue).toArray());
      }
    }
  }

  @Test
  void everyTextComesBackFromItsIds() {
    BytePairTrainer.ofSize(500).train(randomCorpus(21, 300)).write(folder);
    SplittableRandom random = new SplittableRandom(22);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (int i = 0; i < 200; i++) {
        String text = randomText(random, random.nextInt(60));
        assertThat(tokenizer.decode(tokenizer.encode(text), false)).isEqualTo(text);
        assertThat(tokenizer.decode(tokenizer.encodeOrdinary(text), true)).isEqualTo(text);
        int[] codePoints =
            random
                .ints(40, 0, Character.MAX_CODE_POINT + 1)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .toArray();
        String anything = new String(codePoints, 0, codePoints.length);
        assertThat(tokenizer.decode(tokenizer.encode(anything), false)).isEqualTo(anything);
      }
    }
  }

  @Test
  void specialTokensTakeTheLowestIdsAndAreNotLearntFrom() {
    BytePairVocabulary learnt =
        BytePairTrainer.ofSize(300)
            .train(Collections.nCopies(5, "<|im_start|>q<|im_end|><|endoftext|>"));
    assertThat(learnt.merges()).isEmpty();
    assertThat(learnt.size()).isEqualTo(259);
    learnt.write(folder);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThat(tokenizer.padId()).hasValue(0);
      assertThat(tokenizer.bosId()).hasValue(0);
      assertThat(tokenizer.id("<|im_start|>")).hasValue(1);
      assertThat(tokenizer.eosId()).hasValue(2);
      assertThat(tokenizer.vocabularySize()).isEqualTo(259);
      assertThat(tokenizer.encode("<|im_start|><|im_end|><|endoftext|>")).containsExactly(1, 2, 0);
    }
  }

  @Test
  void aTokenNeverBecomesASpecialTokensName() {
    BytePairVocabulary learnt =
        new BytePairTrainer(300, 1, List.of("Ġthe")).train(List.of("a the the the"));
    assertThat(learnt.tokens()).doesNotContain("Ġthe").contains("he");
  }

  @Test
  void theOrderOfTheTextsDoesNotMatter() throws IOException {
    List<String> corpus = randomCorpus(31, 100);
    BytePairTrainer.ofSize(400).train(corpus).write(folder.resolve("one"));
    Collections.reverse(corpus);
    BytePairTrainer.ofSize(400).train(corpus).write(folder.resolve("other"));
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      assertThat(folder.resolve("one").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("other").resolve(file));
    }
    try (var files = Files.list(folder.resolve("one"))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("tokenizer.json", "tokenizer_config.json");
    }
  }

  @Test
  void wantsThatCannotBeMetAreRefused() {
    assertThatThrownBy(() -> BytePairTrainer.ofSize(258))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least 259")
        .hasMessageContaining("found 258");
    assertThatThrownBy(() -> new BytePairTrainer(300, 0, List.of()))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new BytePairTrainer(300, 1, List.of("<a>", "<a>")))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new BytePairTrainer(300, 1, List.of("a")))
        .isInstanceOf(InputException.class);
  }
}
