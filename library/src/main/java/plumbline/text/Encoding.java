package plumbline.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.List;

/** What a text was encoded to, with the place of each token in the text. */
public final class Encoding {
  private final int[] ids;
  private final int[] typeIds;
  private final List<String> tokens;
  private final int[] starts;
  private final int[] ends;

  Encoding(ai.djl.huggingface.tokenizers.Encoding encoded) {
    this.ids = toInts(encoded.getIds());
    this.typeIds = toInts(encoded.getTypeIds());
    this.tokens = List.of(encoded.getTokens());
    CharSpan[] spans = encoded.getCharTokenSpans();
    this.starts = new int[ids.length];
    this.ends = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      if (spans[i] != null) {
        starts[i] = spans[i].getStart();
        ends[i] = spans[i].getEnd();
      }
    }
  }

  static int[] toInts(long[] longs) {
    int[] ints = new int[longs.length];
    for (int i = 0; i < longs.length; i++) {
      ints[i] = Math.toIntExact(longs[i]);
    }
    return ints;
  }

  /** {@code int[T]}: token ids. */
  public int[] ids() {
    return ids.clone();
  }

  /** {@code int[T]}: 0 for the first text, 1 for the second, as the tokenizer numbers them. */
  public int[] typeIds() {
    return typeIds.clone();
  }

  /** T tokens as the vocabulary writes them. */
  public List<String> tokens() {
    return tokens;
  }

  /** Start of a token in its text, in Unicode code points; 0 for tokens that were added. */
  public int start(int token) {
    return starts[token];
  }

  /** End of a token in its text (exclusive), in code points; 0 for tokens that were added. */
  public int end(int token) {
    return ends[token];
  }
}
