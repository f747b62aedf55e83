package plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import plumbline.InputException;
import plumbline.text.ChatTemplate;
import plumbline.text.DialogueEncoder;
import plumbline.text.Tokenizer;

/**
 * Text of an exact number of tokens for what reads text: every token is a word, and a prompt is its
 * words.
 */
final class Words {
  /** The id of the token that ends a response. */
  static final int END = 0;

  private static final String END_TOKEN = "<|endoftext|>";

  private Words() {}

  /**
   * An encoder over as many words as the vocabulary has tokens; whoever asks closes its tokenizer.
   *
   * @param folder where its file is written
   */
  static DialogueEncoder encoder(Path folder, int vocabulary) {
    ObjectNode file = new ObjectMapper().createObjectNode();
    file.putArray("added_tokens")
        .addObject()
        .put("id", END)
        .put("content", END_TOKEN)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    file.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
    ObjectNode model = file.putObject("model").put("type", "WordLevel").put("unk_token", word(1));
    ObjectNode words = model.putObject("vocab").put(END_TOKEN, END);
    for (int id = END + 1; id < vocabulary; id++) {
      words.put(word(id), id);
    }
    try {
      Files.writeString(folder.resolve("tokenizer.json"), file.toString());
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be written (" + e.getMessage() + ")", e);
    }
    return new DialogueEncoder(
        Tokenizer.load(folder), ChatTemplate.of("{{ messages[0]['content'] }}", Map.of()));
  }

  /** The text whose tokens these are. */
  static String text(int[] ids) {
    return Arrays.stream(ids).mapToObj(Words::word).collect(Collectors.joining(" "));
  }

  private static String word(int id) {
    return "w" + id;
  }
}
