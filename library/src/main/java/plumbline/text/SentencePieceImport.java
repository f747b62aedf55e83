package plumbline.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import plumbline.InputException;

/**
 * Turns the {@code tokenizer.bin} of llama2.c, a SentencePiece BPE vocabulary, into a Hugging Face
 * {@code tokenizer.json} of Llama-2's kind.
 *
 * <p>The file is little endian: int32 length of the longest token in bytes, then for each token
 * float32 score, int32 length and its bytes, to the end of the file. Ids 0, 1, 2 are unknown, BOS
 * and EOS, 3 to 258 the 256 bytes.
 *
 * <p>SentencePiece merges the neighbours whose joint token has the highest score; Hugging Face's
 * BPE the pair of lowest rank. The ranks written are therefore all ways to split a token into two,
 * by falling score of the token. The two agree wherever tokens differ in score, as SentencePiece's
 * trainer makes them; of one token's several splits, one place apart, either may come first. U+2581
 * in a text is read as a space, as SentencePiece does.
 */
public final class SentencePieceImport {
  private static final int FIRST_BYTE = 3;
  private static final int FIRST_WORD = FIRST_BYTE + 256;
  private static final int LONGEST_TOKEN = 1 << 16;
  private static final String SPACE = "\u2581";
  private static final List<String> SPECIAL_TOKENS = List.of("<unk>", "<s>", "</s>");

  /** A vocabulary entry: what it stands for (a space as a space) and how soon it is merged. */
  record Piece(String text, float score) {}

  private record Merge(Piece left, Piece right, Piece whole, int leftId, int rightId) {}

  private SentencePieceImport() {}

  /**
   * Reads a llama2.c tokenizer and writes {@code tokenizer.json} and {@code tokenizer_config.json}.
   *
   * @param folder created if it is not there
   * @throws InputException if the file is missing or broken; the message gives the byte offset
   */
  public static void convert(Path tokenizerBin, Path folder) {
    List<Piece> pieces = read(tokenizerBin);
    Json.write(folder.resolve(TokenizerFiles.TOKENIZER), tokenizerJson(tokenizerBin, pieces));
    Json.write(folder.resolve(TokenizerFiles.CONFIG), configJson());
  }

  static List<Piece> read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(file + ": no such file; expected a tokenizer.bin of llama2.c");
    }
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e + ")", e);
    }
    int longest = bytes.remaining() < 4 ? -1 : bytes.getInt();
    if (longest < 1 || longest > LONGEST_TOKEN) {
      throw broken(
          file, 0, "the longest token must have 1 to " + LONGEST_TOKEN + " bytes", longest);
    }
    List<Piece> pieces = new ArrayList<>();
    while (bytes.hasRemaining()) {
      pieces.add(readPiece(file, bytes, pieces.size(), longest));
    }
    if (pieces.size() <= FIRST_WORD) {
      throw broken(
          file,
          bytes.position(),
          "the file must hold more than the 259 special and byte tokens",
          pieces.size());
    }
    return pieces;
  }

  private static Piece readPiece(Path file, ByteBuffer bytes, int id, int longest) {
    int offset = bytes.position();
    if (bytes.remaining() < 8) {
      throw broken(
          file, offset, "token " + id + " needs 8 bytes before its text", bytes.remaining());
    }
    float score = bytes.getFloat();
    int length = bytes.getInt();
    if (!Float.isFinite(score)) {
      throw broken(file, offset, "the score of token " + id + " must be finite", score);
    }
    if (length < 0 || length > Math.min(longest, bytes.remaining())) {
      throw broken(
          file,
          offset + 4,
          "the length of token %d must be 0 to %d bytes"
              .formatted(id, Math.min(longest, bytes.remaining())),
          length);
    }
    ByteBuffer text = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    try {
      return new Piece(StandardCharsets.UTF_8.newDecoder().decode(text).toString(), score);
    } catch (CharacterCodingException e) {
      throw broken(file, offset + 8, "token " + id + " must be UTF-8", "other bytes");
    }
  }

  private static InputException broken(Path file, int offset, String wanted, Object found) {
    return new InputException(
        "%s: at byte %d %s, found %s; is it whole, and a tokenizer.bin of llama2.c?"
            .formatted(file, offset, wanted, found));
  }

  private static ObjectNode tokenizerJson(Path file, List<Piece> pieces) {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    for (int id = 0; id < SPECIAL_TOKENS.size(); id++) {
      BytePairVocabulary.addSpecialToken(added, id, SPECIAL_TOKENS.get(id));
    }
    ArrayNode normalizers =
        json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
    replace(normalizers, " ", SPACE);
    json.putNull("pre_tokenizer");
    postProcessor(json.putObject("post_processor"));
    ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
    replace(decoders, SPACE, " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    model(json.putObject("model"), file, pieces);
    return json;
  }

  private static void replace(ArrayNode steps, String from, String to) {
    steps
        .addObject()
        .put("type", "Replace")
        .put("content", to)
        .putObject("pattern")
        .put("String", from);
  }

  private static void postProcessor(ObjectNode processor) {
    processor.put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    template(single, "SpecialToken", "<s>", 0);
    template(single, "Sequence", "A", 0);
    ArrayNode pair = processor.putArray("pair");
    template(pair, "SpecialToken", "<s>", 0);
    template(pair, "Sequence", "A", 0);
    template(pair, "SpecialToken", "<s>", 1);
    template(pair, "Sequence", "B", 1);
    ObjectNode bos = processor.putObject("special_tokens").putObject("<s>").put("id", "<s>");
    bos.putArray("ids").add(1);
    bos.putArray("tokens").add("<s>");
  }

  private static void template(ArrayNode steps, String kind, String id, int type) {
    steps.addObject().putObject(kind).put("id", id).put("type_id", type);
  }

  private static void model(ObjectNode model, Path file, List<Piece> pieces) {
    model.put("type", "BPE").putNull("dropout").put("unk_token", "<unk>");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", true).put("byte_fallback", true).put("ignore_merges", false);
    ObjectNode vocab = model.putObject("vocab");
    Map<String, Integer> words = new HashMap<>();
    for (int id = 0; id < pieces.size(); id++) {
      String token = token(pieces.get(id), id);
      if (vocab.has(token)) {
        throw new InputException(
            "%s: tokens %d and %d are both '%s'; every token must differ"
                .formatted(file, vocab.get(token).asInt(), id, token));
      }
      vocab.put(token, id);
      if (id >= FIRST_WORD) {
        words.put(token, id);
      }
    }
    ArrayNode merges = model.putArray("merges");
    for (Merge merge : merges(pieces, words)) {
      merges.addArray().add(spaced(merge.left)).add(spaced(merge.right));
    }
  }

  private static String token(Piece piece, int id) {
    if (id < FIRST_BYTE) {
      return SPECIAL_TOKENS.get(id);
    }
    return id < FIRST_WORD ? "<0x%02X>".formatted(id - FIRST_BYTE) : spaced(piece);
  }

  private static String spaced(Piece piece) {
    return piece.text.replace(" ", SPACE);
  }

  private static List<Merge> merges(List<Piece> pieces, Map<String, Integer> words) {
    List<Merge> merges = new ArrayList<>();
    for (Piece whole : pieces.subList(FIRST_WORD, pieces.size())) {
      String text = spaced(whole);
      for (int cut = 1; cut < text.length(); cut++) {
        Integer left = words.get(text.substring(0, cut));
        Integer right = words.get(text.substring(cut));
        if (left != null && right != null) {
          merges.add(new Merge(pieces.get(left), pieces.get(right), whole, left, right));
        }
      }
    }
    merges.sort(
        Comparator.comparingDouble((Merge merge) -> -merge.whole.score)
            .thenComparingInt(Merge::leftId)
            .thenComparingInt(Merge::rightId));
    return merges;
  }

  private static ObjectNode configJson() {
    return Json.MAPPER
        .createObjectNode()
        .put("tokenizer_class", "PreTrainedTokenizerFast")
        .put("clean_up_tokenization_spaces", false)
        .put("bos_token", SPECIAL_TOKENS.get(1))
        .put("eos_token", SPECIAL_TOKENS.get(2))
        .put("unk_token", SPECIAL_TOKENS.get(0))
        .put("add_bos_token", true)
        .put("add_eos_token", false);
  }
}
