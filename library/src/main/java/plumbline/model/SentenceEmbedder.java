package plumbline.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.InputException;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.text.Json;
import plumbline.text.Tokenizer;

/**
 * Texts to vectors by a sentence-embedding model (Reimers and Gurevych 2019): the mean of an
 * encoder's states, or the state of its first token, of length 1 if the folder asks for it.
 *
 * <p>Reads folders of sentence-transformers ({@code modules.json}, {@code 1_Pooling/config.json},
 * {@code sentence_bert_config.json}); a plain encoder's folder means the mean.
 */
public final class SentenceEmbedder implements AutoCloseable {
  private final Transformer encoder;
  private final Tokenizer tokenizer;
  private final Settings settings;

  /** What a folder says beside the encoder. */
  private record Settings(boolean firstToken, boolean normalised, int longest) {}

  private SentenceEmbedder(Transformer encoder, Tokenizer tokenizer, Settings settings) {
    this.encoder = encoder;
    this.tokenizer = tokenizer;
    this.settings = settings;
  }

  /**
   * Reads a folder.
   *
   * @throws InputException if a file is missing or wrong, the model is no encoder, or the folder
   *     asks for another pooling or for layers behind it
   */
  public static SentenceEmbedder load(Path folder) {
    Transformer encoder = ModelFolder.load(folder);
    try {
      if (encoder.config().family().causal()) {
        throw new InputException(
            folder
                + ": model_type is "
                + encoder.config().family().modelType()
                + ", sentences are embedded by an encoder such as bert or roberta");
      }
      return new SentenceEmbedder(encoder, Tokenizer.load(folder), settings(folder, encoder));
    } catch (RuntimeException e) {
      encoder.close();
      throw e;
    }
  }

  private static Settings settings(Path folder, Transformer encoder) {
    boolean firstToken = false;
    boolean normalised = false;
    Path modules = folder.resolve("modules.json");
    if (Files.exists(modules)) {
      for (JsonNode module : Json.read(modules, "copy it again from the model it belongs to")) {
        String type = module.path("type").asText("");
        if (type.endsWith(".Pooling")) {
          firstToken = readsFirstToken(folder.resolve(module.path("path").asText("")));
        } else if (type.endsWith(".Normalize")) {
          normalised = true;
        } else if (!type.endsWith(".Transformer")) {
          throw new InputException(
              modules + ": has a module '" + type + "', known are Transformer, Pooling, Normalize");
        }
      }
    }
    int longest = encoder.config().maxPositions();
    Path limits = folder.resolve("sentence_bert_config.json");
    if (Files.exists(limits)) {
      JsonNode limit =
          Json.readObject(limits, "copy it again from the model it belongs to")
              .path("max_seq_length");
      longest = limit.isInt() ? Math.min(longest, limit.intValue()) : longest;
    }
    return new Settings(firstToken, normalised, longest);
  }

  private static boolean readsFirstToken(Path pooling) {
    Path file = pooling.resolve("config.json");
    JsonNode json = Json.readObject(file, "copy it again from the model it belongs to");
    List<String> modes = new ArrayList<>();
    json.properties()
        .forEach(
            entry -> {
              if (entry.getKey().startsWith("pooling_mode_") && entry.getValue().asBoolean()) {
                modes.add(entry.getKey());
              }
            });
    if (modes.equals(List.of("pooling_mode_cls_token"))) {
      return true;
    }
    if (!modes.equals(List.of("pooling_mode_mean_tokens"))) {
      throw new InputException(
          file + ": asks for " + modes + ", known are mean_tokens or cls_token alone");
    }
    return false;
  }

  /**
   * The vectors of texts, in their order; a text beyond the model's limit loses its end.
   *
   * @param rowsPerBatch texts computed at a time
   * @return float[texts][D]
   */
  public float[][] embed(List<String> texts, int rowsPerBatch) {
    List<TokenizedRow> rows = texts.stream().map(this::row).toList();
    float[][] vectors = new float[rows.size()][];
    Scopes.noGrad(
        () -> {
          for (List<Integer> batch : TokenizedRow.microBatches(rows, rowsPerBatch)) {
            Scopes.run(
                () -> {
                  int[][] ids = batch.stream().map(i -> rows.get(i).tokens()).toArray(int[][]::new);
                  float[] values = Ops.toFloats(states(TokenBatch.of(ids)));
                  int width = values.length / ids.length;
                  for (int b = 0; b < ids.length; b++) {
                    vectors[batch.get(b)] = Arrays.copyOfRange(values, b * width, (b + 1) * width);
                  }
                });
          }
        });
    return vectors;
  }

  private Tensor states(TokenBatch batch) {
    Tensor states =
        settings.firstToken
            ? encoder.hiddenAt(batch, batch.firstTokens())
            : encoder.meanStates(batch);
    return settings.normalised ? torch.normalize(states) : states;
  }

  private TokenizedRow row(String text) {
    int[] ids = tokenizer.encode(text, true);
    if (ids.length > settings.longest) {
      int last = ids[ids.length - 1];
      ids = Arrays.copyOf(ids, settings.longest);
      if (tokenizer.isSpecial(last)) {
        ids[ids.length - 1] = last;
      }
    }
    if (ids.length == 0) {
      throw new IllegalArgumentException("a text without tokens has no embedding");
    }
    return new TokenizedRow(ids, new int[0]);
  }

  /** The cosine of the angle between two vectors, in [-1, 1]; 0 if one of them is 0. */
  public static double cosine(float[] a, float[] b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      squaresA += (double) a[i] * a[i];
      squaresB += (double) b[i] * b[i];
    }
    return squaresA == 0 || squaresB == 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
  }

  @Override
  public void close() {
    encoder.close();
    tokenizer.close();
  }
}
