package plumbline.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import plumbline.InputException;

/**
 * The JSON files that describe a tokenizer in a Hugging Face folder.
 *
 * @param file the {@code tokenizer.json}
 * @param json its content
 * @param config {@code tokenizer_config.json} beside it, empty if there is none
 * @param specialTokensMap {@code special_tokens_map.json} beside it, empty if there is none
 */
record TokenizerFiles(Path file, ObjectNode json, ObjectNode config, ObjectNode specialTokensMap) {
  static final String TOKENIZER = "tokenizer.json";
  static final String CONFIG = "tokenizer_config.json";

  static TokenizerFiles read(Path folderOrFile) {
    Path file = Files.isDirectory(folderOrFile) ? folderOrFile.resolve(TOKENIZER) : folderOrFile;
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          file + ": no such file; give a Hugging Face folder that holds a tokenizer.json");
    }
    ObjectNode json =
        Json.readObject(file, "copy the file again from the model it belongs to or train it anew");
    if (!json.path("model").path("vocab").isContainerNode()) {
      throw new InputException(
          file
              + ": key 'model.vocab' is missing; expected the tokenizer.json of Hugging Face's"
              + " tokenizers library");
    }
    return new TokenizerFiles(
        file,
        json,
        optional(file.resolveSibling(CONFIG)),
        optional(file.resolveSibling("special_tokens_map.json")));
  }

  static ObjectNode optional(Path file) {
    return Files.isRegularFile(file)
        ? Json.readObject(file, "repair it, or remove it to go without")
        : Json.MAPPER.createObjectNode();
  }

  /** The text of a special token such as {@code eos_token}, as the neighbouring files name it. */
  Optional<String> namedToken(String name) {
    return namedToken(config, name).or(() -> namedToken(specialTokensMap, name));
  }

  static Optional<String> namedToken(ObjectNode config, String name) {
    JsonNode value = config.path(name);
    JsonNode text = value.isObject() ? value.path("content") : value;
    return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
  }
}
