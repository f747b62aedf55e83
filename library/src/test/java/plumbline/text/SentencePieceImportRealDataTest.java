package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentencePieceImportRealDataTest {
  private static final List<String> SENTENCES =
      List.of(
          "Once upon a time, there was a little girl named Lily. She loved to play outside.",
          "One day, a cat",
          "Tom and Sue",
          "\"Don't worry, Lily. We can help you.\"",
          "  two leading and double  inner   spaces and trailing ",
          "Ünïcödé, 日本語 and 🙂 fall back to bytes\r\n\ttabs",
          "100% of 3 [x] ~ `y` \\ “quoted” – it’s… ñ €5 ™",
          "<0x41> </b>");

  @TempDir Path folder;
  private Path tokenizerBin;

  @BeforeEach
  void convert() {
    tokenizerBin = SharedFiles.folder("plumbline.models").resolve("stories260K/tok512.bin");
    assumeTrue(Files.isRegularFile(tokenizerBin), () -> "no file " + tokenizerBin);
    SentencePieceImport.convert(tokenizerBin, folder);
  }

  @Test
  void idsAreThoseOfMergingByScore() {
    ByScore reference = new ByScore(SentencePieceImport.read(tokenizerBin));
    SplittableRandom random = new SplittableRandom(5);
    List<String> texts = new ArrayList<>(SENTENCES);
    for (int i = 0; i < 3000; i++) {
      texts.add(reference.randomText(random));
    }
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (String text : texts) {
        assertThat(tokenizer.encode(text)).as(text).isEqualTo(reference.encode(text));
        assertThat(tokenizer.encodeOrdinary(text)).as(text).isEqualTo(reference.encode(text));
      }
    }
  }

  @Test
  void textsComeBackFromTheirIds() {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (String text : SENTENCES) {
        assertThat(tokenizer.decode(tokenizer.encode(text, true), true)).isEqualTo(text);
      }
    }
  }

  @Test
  void specialTokensAreThoseOfLlama() {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThat(tokenizer.vocabularySize()).isEqualTo(512);
      assertThat(tokenizer.bosId()).hasValue(1);
      assertThat(tokenizer.eosId()).hasValue(2);
      assertThat(tokenizer.padId()).isEmpty();
      assertThat(tokenizer.encode("a", true)[0]).isEqualTo(1);
      assertThat(tokenizer.encode("", true)).containsExactly(1);
      assertThat(tokenizer.encodeOrdinary("</s>")).doesNotContain(2);
      assertThat(tokenizer.encode("</s>")).containsExactly(2);
    }
  }

  /** Merging by score as llama2.c does it: a space in front, bytes for the unknown, best first. */
  private static final class ByScore {
    private final List<SentencePieceImport.Piece> pieces;
    private final Map<String, Integer> ids = new HashMap<>();

    ByScore(List<SentencePieceImport.Piece> pieces) {
      this.pieces = pieces;
      for (int id = 0; id < pieces.size(); id++) {
        ids.put(pieces.get(id).text(), id);
      }
    }

    int[] encode(String text) {
      List<Integer> tokens = new ArrayList<>();
      String spaced = text.isEmpty() ? "" : " " + text;
      spaced
          .codePoints()
          .mapToObj(Character::toString)
          .forEach(
              character -> {
                Integer id = ids.get(character);
                if (id != null) {
                  tokens.add(id);
                } else {
                  for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
                    tokens.add(3 + (b & 0xFF));
                  }
                }
              });
      while (mergeBest(tokens)) {}
      return tokens.stream().mapToInt(Integer::intValue).toArray();
    }

    private boolean mergeBest(List<Integer> tokens) {
      int best = -1;
      int bestId = -1;
      for (int i = 0; i + 1 < tokens.size(); i++) {
        Integer id =
            ids.get(pieces.get(tokens.get(i)).text() + pieces.get(tokens.get(i + 1)).text());
        if (id != null && (best < 0 || pieces.get(id).score() > pieces.get(bestId).score())) {
          best = i;
          bestId = id;
        }
      }
      if (best < 0) {
        return false;
      }
      tokens.set(best, bestId);
      tokens.remove(best + 1);
      return true;
    }

    /** Pieces of the vocabulary cut anywhere and joined, with some characters it lacks. */
    String randomText(SplittableRandom random) {
      StringBuilder text = new StringBuilder();
      int parts = random.nextInt(25);
      for (int i = 0; i < parts; i++) {
        String piece = pieces.get(259 + random.nextInt(pieces.size() - 259)).text();
        switch (random.nextInt(8)) {
          case 0 -> text.append(piece.substring(random.nextInt(piece.length())));
          case 1 -> text.appendCodePoint(0x20 + random.nextInt(0x300));
          default -> text.append(piece);
        }
      }
      return text.toString();
    }
  }
}
