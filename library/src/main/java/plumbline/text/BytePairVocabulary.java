package plumbline.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A learnt byte-level vocabulary, which a Hugging Face folder can hold.
 *
 * @param specialTokens the tokens of the lowest ids
 * @param tokens 256 bytes and then the merged tokens; their ids follow on the special tokens'
 * @param merges pairs (left, right) of tokens in the order they were learnt
 */
public record BytePairVocabulary(
    List<String> specialTokens, List<String> tokens, List<List<String>> merges) {
  public BytePairVocabulary {
    specialTokens = List.copyOf(specialTokens);
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
  }

  public int size() {
    return specialTokens.size() + tokens.size();
  }

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json} with the ChatML template.
   *
   * <p>Of the special tokens, {@code <|im_end|>} becomes EOS and {@code <|endoftext|>} padding and
   * BOS; without them the first special token takes their place.
   *
   * @param folder created if it is not there; the two files in it are replaced
   */
  public void write(Path folder) {
    Json.write(folder.resolve(TokenizerFiles.TOKENIZER), tokenizerJson());
    Json.write(folder.resolve(TokenizerFiles.CONFIG), configJson());
  }

  private ObjectNode tokenizerJson() {
    ObjectNode json = Json.MAPPER.createObjectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = json.putArray("added_tokens");
    for (int id = 0; id < specialTokens.size(); id++) {
      addSpecialToken(added, id, specialTokens.get(id));
    }
    json.putNull("normalizer");
    byteLevel(json, "pre_tokenizer").put("add_prefix_space", false);
    byteLevel(json, "post_processor").put("trim_offsets", false);
    byteLevel(json, "decoder");
    ObjectNode model = json.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocab = model.putObject("vocab");
    List<String> all = new ArrayList<>(specialTokens);
    all.addAll(tokens);
    for (int id = 0; id < all.size(); id++) {
      vocab.put(all.get(id), id);
    }
    ArrayNode pairs = model.putArray("merges");
    merges.forEach(merge -> pairs.add(String.join(" ", merge)));
    return json;
  }

  static void addSpecialToken(ArrayNode added, int id, String content) {
    added
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static ObjectNode byteLevel(ObjectNode json, String key) {
    return json.putObject(key)
        .put("type", "ByteLevel")
        .put("add_prefix_space", true)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private ObjectNode configJson() {
    ObjectNode config = Json.MAPPER.createObjectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("clean_up_tokenization_spaces", false);
    if (!specialTokens.isEmpty()) {
      config.put("bos_token", orFirst(BytePairTrainer.END_OF_TEXT));
      config.put("eos_token", orFirst(BytePairTrainer.TURN_END));
      config.put("pad_token", orFirst(BytePairTrainer.END_OF_TEXT));
    }
    config.put("chat_template", ChatTemplate.CHAT_ML);
    return config;
  }

  private String orFirst(String token) {
    return specialTokens.contains(token) ? token : specialTokens.get(0);
  }
}
