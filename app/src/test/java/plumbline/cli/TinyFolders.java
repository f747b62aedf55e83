package plumbline.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import plumbline.model.Head;
import plumbline.model.ModelFolder;
import plumbline.model.Transformer;

/** Folders of random models in the place of the real ones: their architectures, tiny. */
final class TinyFolders {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int VOCABULARY = 720;

  private TinyFolders() {}

  /** A Llama of a golden folder's shape that reads Llama 3's kind of tokens. */
  static Path llama(Path folder, String golden, int context) throws IOException {
    return model(
        folder,
        golden,
        "tok_llama3_bpe",
        "max_position_embeddings",
        context,
        Set.of(Head.LANGUAGE));
  }

  /**
   * A random model of a golden folder's shape with another tokenizer and a longer context.
   *
   * @param heads those of its weights; without any it is what an encoder's pre-training leaves
   */
  static Path model(
      Path folder, String shape, String tokenizer, String contextKey, int context, Set<Head> heads)
      throws IOException {
    Path golden = SharedFolder.require("plumbline.goldens", shape);
    Path text = SharedFolder.require("plumbline.goldens", tokenizer);
    Path target = Files.createDirectories(folder.resolve(shape));
    ObjectNode json = (ObjectNode) JSON.readTree(golden.resolve("config.json").toFile());
    json.put("vocab_size", VOCABULARY).put(contextKey, context);
    if (heads.isEmpty()) {
      json.putArray("architectures").add("RobertaForMaskedLM");
      json.remove("id2label");
    }
    Files.writeString(target.resolve("config.json"), json.toString());
    try (Transformer random = Transformer.random(ModelFolder.config(target), heads, 5)) {
      ModelFolder.save(random, target);
    }
    for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(text.resolve(name), target.resolve(name));
    }
    return target;
  }
}
