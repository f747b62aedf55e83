package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;

class SentencePieceImportTest {
  @TempDir Path folder;

  /** A vocabulary of the 259 first tokens and these words, each scored below the one before. */
  private static byte[] vocabulary(String... words) {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN).putInt(8);
    put(bytes, 0, "<unk>");
    put(bytes, 0, "\n<s>\n");
    put(bytes, 0, "\n</s>\n");
    for (int b = 0; b < 256; b++) {
      put(bytes, 0, "<0x%02X>".formatted(b));
    }
    for (int i = 0; i < words.length; i++) {
      put(bytes, -i, words[i]);
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private static void put(ByteBuffer bytes, float score, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    bytes.putFloat(score).putInt(utf8.length).put(utf8);
  }

  private Path write(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("tokenizer.bin"), bytes);
  }

  @Test
  void theBestScoreIsMergedFirst() throws IOException {
    SentencePieceImport.convert(write(vocabulary("bc", "ab", "a", "b", "c", " ")), folder);
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      assertThat(tokenizer.encoding("abc", false).tokens()).containsExactly("\u2581", "a", "bc");
      assertThat(tokenizer.encoding("ab", false).tokens()).containsExactly("\u2581", "ab");
      assertThat(tokenizer.encoding("é", false).tokens())
          .containsExactly("\u2581", "<0xC3>", "<0xA9>");
    }
  }

  @Test
  void aFileCutOffAnywhereIsRefusedWithTheOffset() throws IOException {
    byte[] whole = vocabulary("a", "b", " ");
    // Steps that end up at every place of a token.
    for (int length = 0; length < whole.length; length += length < 3000 ? 97 : 7) {
      byte[] part = Arrays.copyOf(whole, length);
      Path file = write(part);
      // Cut between two tokens beyond the 259 first it is a smaller vocabulary, and whole.
      if (length > whole.length - 27 && (whole.length - length) % 9 == 0) {
        assertThat(SentencePieceImport.read(file)).hasSizeGreaterThan(259);
        continue;
      }
      assertThatThrownBy(() -> SentencePieceImport.read(file))
          .as("%d bytes", length)
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(file + ": at byte ");
    }
  }

  @Test
  void absurdNumbersAreRefused() throws IOException {
    byte[] whole = vocabulary("a", "b", " ");
    refuses(whole, 0, -1, "at byte 0");
    refuses(whole, 0, Integer.MAX_VALUE, "at byte 0");
    refuses(whole, 4, Float.floatToIntBits(Float.NaN), "at byte 4 the score of token 0");
    refuses(whole, 8, -5, "at byte 8 the length of token 0");
    refuses(whole, 8, Integer.MAX_VALUE, "found " + Integer.MAX_VALUE);
    refuses(whole, 12, 0xFFFFFFFF, "UTF-8");
    assertThatThrownBy(() -> SentencePieceImport.convert(write(vocabulary("a", "a")), folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tokens 259 and 260 are both 'a'");
    assertThatThrownBy(() -> SentencePieceImport.read(folder.resolve("nothing.bin")))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no such file");
    assertThat(folder.resolve("tokenizer.json")).doesNotExist();
  }

  private void refuses(byte[] whole, int offset, int value, String message) throws IOException {
    byte[] broken = whole.clone();
    ByteBuffer.wrap(broken).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    Path file = write(broken);
    assertThatThrownBy(() -> SentencePieceImport.convert(file, folder))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }
}
