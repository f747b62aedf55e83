package plumbline.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;

/** {@code config.json} of a Hugging Face folder, in the forms of transformers 4 and 5. */
final class ConfigJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ConfigJson() {}

  /**
   * @throws InputException naming the file and the key that is missing, wrong or unsupported
   */
  static ModelConfig read(Path file, JsonNode json) {
    require(file, "model_type", json.path("model_type").asText(""), "llama");
    require(file, "hidden_act", json.path("hidden_act").asText("silu"), "silu");
    JsonNode rope =
        json.has("rope_parameters") ? json.get("rope_parameters") : json.path("rope_scaling");
    int heads = integer(file, json, "num_attention_heads");
    int hidden = integer(file, json, "hidden_size");
    try {
      return new ModelConfig(
          integer(file, json, "vocab_size"),
          hidden,
          integer(file, json, "intermediate_size"),
          integer(file, json, "num_hidden_layers"),
          heads,
          json.path("num_key_value_heads").asInt(heads),
          json.path("head_dim").asInt(hidden / Math.max(1, heads)),
          json.path("max_position_embeddings").asInt(2048),
          json.path("rms_norm_eps").asDouble(1e-6),
          rope.path("rope_theta").asDouble(json.path("rope_theta").asDouble(10000)),
          scaling(file, rope),
          json.path("tie_word_embeddings").asBoolean(false),
          json.path("attention_bias").asBoolean(false),
          json.path("mlp_bias").asBoolean(false),
          token(json, "bos_token_id"),
          token(json, "eos_token_id"),
          token(json, "pad_token_id"));
    } catch (IllegalArgumentException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  private static RotaryScaling scaling(Path file, JsonNode rope) {
    String type = rope.path("rope_type").asText(rope.path("type").asText("default"));
    return switch (type) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(positive(file, rope, type, "factor"));
      case "llama3" ->
          new RotaryScaling.Llama3(
              positive(file, rope, type, "factor"),
              positive(file, rope, type, "low_freq_factor"),
              positive(file, rope, type, "high_freq_factor"),
              (int) positive(file, rope, type, "original_max_position_embeddings"));
      default ->
          throw new InputException(
              file + ": rope_type is '" + type + "', supported are default, linear, llama3");
    };
  }

  private static double positive(Path file, JsonNode rope, String type, String key) {
    if (!(rope.path(key).asDouble() > 0)) {
      throw new InputException(
          file + ": '" + key + "' of " + type + " rotary scaling is missing or not above 0");
    }
    return rope.get(key).asDouble();
  }

  private static void require(Path file, String key, String found, String wanted) {
    if (!found.equals(wanted)) {
      throw new InputException(
          file + ": " + key + " is '" + found + "', supported is '" + wanted + "'");
    }
  }

  private static int integer(Path file, JsonNode json, String key) {
    if (!json.path(key).isInt()) {
      throw new InputException(file + ": '" + key + "' is missing or not a whole number");
    }
    return json.get(key).intValue();
  }

  private static OptionalInt token(JsonNode json, String key) {
    JsonNode node = json.path(key).isArray() ? json.get(key).path(0) : json.path(key);
    return node.isInt() ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
  }

  static ObjectNode write(ModelConfig config, Set<Head> heads) {
    ObjectNode json = JSON.createObjectNode();
    boolean scores = heads.contains(Head.SCORE);
    json.putArray("architectures")
        .add(scores ? "LlamaForSequenceClassification" : "LlamaForCausalLM");
    json.put("model_type", "llama").put("hidden_act", "silu").put("dtype", "float32");
    json.put("vocab_size", config.vocabularySize()).put("hidden_size", config.hiddenSize());
    json.put("intermediate_size", config.intermediateSize());
    json.put("num_hidden_layers", config.layers()).put("num_attention_heads", config.heads());
    json.put("num_key_value_heads", config.keyValueHeads()).put("head_dim", config.headSize());
    json.put("max_position_embeddings", config.maxPositions());
    json.put("rms_norm_eps", config.rmsEpsilon()).put("rope_theta", config.rotaryTheta());
    writeScaling(json, config.rotaryScaling());
    json.put("tie_word_embeddings", config.tiedEmbeddings());
    json.put("attention_bias", config.attentionBias()).put("mlp_bias", config.mlpBias());
    json.put("attention_dropout", 0.0).put("use_cache", true);
    if (scores) {
      json.putObject("id2label").put("0", "LABEL_0");
      json.putObject("label2id").put("LABEL_0", 0);
    }
    config.bosId().ifPresent(id -> json.put("bos_token_id", id));
    config.eosId().ifPresent(id -> json.put("eos_token_id", id));
    config.padId().ifPresent(id -> json.put("pad_token_id", id));
    return json;
  }

  private static void writeScaling(ObjectNode json, RotaryScaling scaling) {
    if (scaling instanceof RotaryScaling.Linear linear) {
      json.putObject("rope_scaling").put("rope_type", "linear").put("factor", linear.factor());
    } else if (scaling instanceof RotaryScaling.Llama3 llama3) {
      json.putObject("rope_scaling")
          .put("rope_type", "llama3")
          .put("factor", llama3.factor())
          .put("low_freq_factor", llama3.lowFrequencyFactor())
          .put("high_freq_factor", llama3.highFrequencyFactor())
          .put("original_max_position_embeddings", llama3.originalPositions());
    } else {
      json.putNull("rope_scaling");
    }
  }
}
