package plumbline.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;

/** Tokens and their ids: those of the model and those added on top. */
final class Vocabulary {
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> tokens = new ArrayList<>();
  private final Set<String> specials = new LinkedHashSet<>();

  Vocabulary(TokenizerFiles files) {
    JsonNode vocab = files.json().path("model").path("vocab");
    if (vocab.isArray()) {
      for (int id = 0; id < vocab.size(); id++) {
        put(files, vocab.get(id).path(0), id);
      }
    } else {
      vocab.properties().forEach(e -> put(files, e.getKey(), e.getValue()));
    }
    for (JsonNode added : files.json().path("added_tokens")) {
      String content = added.path("content").asText();
      put(files, content, added.path("id"));
      if (added.path("special").asBoolean()) {
        specials.add(content);
      }
    }
  }

  private void put(TokenizerFiles files, JsonNode piece, int id) {
    if (!piece.isTextual()) {
      throw new InputException(
          files.file() + ": 'model.vocab[" + id + "]' must be [piece, score], found no piece");
    }
    put(files, piece.asText(), id);
  }

  private void put(TokenizerFiles files, String token, JsonNode id) {
    if (!id.canConvertToInt() || !id.isIntegralNumber() || id.asInt() < 0) {
      throw new InputException(
          files.file() + ": the id of token '" + token + "' must be 0 or more, found " + id);
    }
    put(files, token, id.asInt());
  }

  private void put(TokenizerFiles files, String token, int id) {
    if (id >= 1 << 24) {
      throw new InputException(
          files.file() + ": token '" + token + "' has id " + id + ", more than 16,777,215");
    }
    while (tokens.size() <= id) {
      tokens.add(null);
    }
    tokens.set(id, token);
    ids.put(token, id);
  }

  /** One more than the largest id: the rows an embedding needs. */
  int size() {
    return tokens.size();
  }

  OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  boolean has(int id) {
    return id >= 0 && id < tokens.size() && tokens.get(id) != null;
  }

  String token(int id) {
    if (!has(id)) {
      throw new IllegalArgumentException(
          "no token has id " + id + "; ids go from 0 to " + (tokens.size() - 1));
    }
    return tokens.get(id);
  }

  /** Tokens flagged special, in the order of the file. */
  Set<String> specials() {
    return Collections.unmodifiableSet(specials);
  }
}
