package plumbline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.bytedeco.pytorch.Scalar;
import plumbline.model.Decoder;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.RotaryScaling;
import plumbline.model.TextModel;
import plumbline.tensor.Scopes;
import plumbline.text.BytePairTrainer;
import plumbline.text.BytePairVocabulary;
import plumbline.train.RunDirectory;

/** Models of two layers and width 32 with a tokenizer of their own, and what their runs left. */
public final class TinyModels {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TEXTS =
      List.of("system user assistant\n system user assistant\n the cat sat, the dog ran");

  private TinyModels() {}

  /** A model with random weights and a byte-level tokenizer of some 290 tokens. */
  public static TextModel of(Path folder, Set<Head> heads, long seed) {
    BytePairVocabulary vocabulary = BytePairTrainer.ofSize(290).train(TEXTS);
    vocabulary.write(folder);
    return TextModel.of(folder, Decoder.random(config(vocabulary.size()), heads, seed));
  }

  /** Two layers, width 32, 4 query heads on 2 of keys and values, context 128. */
  public static ModelConfig config(int vocabulary) {
    return new ModelConfig(
        vocabulary,
        32,
        48,
        2,
        4,
        2,
        8,
        128,
        1e-5,
        10_000,
        new RotaryScaling.None(),
        true,
        false,
        false,
        OptionalInt.empty(),
        OptionalInt.of(2),
        OptionalInt.of(0));
  }

  /** Multiplies all weights but the norms, so that a random model has clear opinions. */
  public static void sharpen(Decoder decoder, double factor) {
    Scopes.noGrad(
        () ->
            Scopes.run(
                () ->
                    decoder
                        .weights()
                        .all()
                        .forEach(
                            (name, weight) -> {
                              if (!name.endsWith("norm.weight")) {
                                weight.mul_(new Scalar(factor));
                              }
                            })));
  }

  public static RunDirectory run(Path folder) {
    return RunDirectory.start(folder, "test", "test", 1, "test: true\n");
  }

  /** The rows of {@code metrics.jsonl}. */
  public static List<JsonNode> metrics(Path run) {
    return lines(run.resolve("metrics.jsonl")).stream().map(TinyModels::json).toList();
  }

  /** The rows of {@code metrics.jsonl} without what the clock decides. */
  public static List<JsonNode> timeless(Path run) {
    List<JsonNode> rows = metrics(run);
    for (JsonNode row : rows) {
      ((ObjectNode) row).remove("tokens_per_s");
      ((ObjectNode) row).properties().removeIf(metric -> metric.getKey().startsWith("time/"));
    }
    return rows;
  }

  public static JsonNode json(Path file) {
    return json(String.join("\n", lines(file)));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
