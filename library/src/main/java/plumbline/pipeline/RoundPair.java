package plumbline.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.PreferencePair;
import plumbline.dpo.TokenPair;
import plumbline.model.TokenizedRow;
import plumbline.train.Rollout;

/**
 * Two of a round's responses to one prompt. Their tokens are kept as they were sampled: words may
 * come back as others.
 *
 * @param strength by how much {@code chosen} is better
 * @param opponent which of them an opponent sampled
 */
record RoundPair(Rollout chosen, Rollout rejected, double strength, TokenPair.Opponent opponent) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String OPPONENT = "opponent";

  /** Whether it says something to people: two answers, and not the same. */
  boolean differs() {
    String better = chosen.completion().response();
    String worse = rejected.completion().response();
    return !better.equals(worse) && !better.isBlank() && !worse.isBlank();
  }

  PreferencePair words() {
    return new PreferencePair(
        chosen.completion().prompt(),
        chosen.completion().response(),
        rejected.completion().response(),
        OptionalDouble.of(strength));
  }

  /** Writes the pairs' tokens, a row each. */
  static void write(Path file, List<RoundPair> pairs) {
    StringBuilder lines = new StringBuilder();
    for (RoundPair pair : pairs) {
      ObjectNode row = JSON.createObjectNode();
      row.set("prompt", JSON.valueToTree(pair.chosen.tokens().prompt()));
      row.set("chosen", JSON.valueToTree(pair.chosen.tokens().response()));
      row.set("rejected", JSON.valueToTree(pair.rejected.tokens().response()));
      row.put("strength", pair.strength);
      if (pair.opponent != TokenPair.Opponent.NONE) {
        row.put(OPPONENT, pair.opponent.name().toLowerCase(Locale.ROOT));
      }
      lines.append(row).append('\n');
    }
    AtomicFile.writeText(file, lines.toString());
  }

  /** Reads what {@link #write} wrote. */
  static List<TokenPair> read(Path file) {
    List<TokenPair> pairs = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode row = JSON.readTree(line);
        int[] prompt = ids(row, "prompt");
        pairs.add(
            new TokenPair(
                new TokenizedRow(prompt, ids(row, "chosen")),
                new TokenizedRow(prompt, ids(row, "rejected")),
                row.get("strength").doubleValue(),
                TokenPair.Opponent.valueOf(
                    row.path(OPPONENT).asText("none").toUpperCase(Locale.ROOT))));
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
    return pairs;
  }

  private static int[] ids(JsonNode row, String field) throws JsonProcessingException {
    return JSON.treeToValue(row.get(field), int[].class);
  }
}
