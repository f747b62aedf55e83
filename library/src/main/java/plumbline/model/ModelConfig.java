package plumbline.model;

import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The shape of a Llama decoder, as its {@code config.json} gives it.
 *
 * @param vocabularySize V, rows of the embedding
 * @param hiddenSize D, width of the residual stream
 * @param intermediateSize width inside the gated MLP
 * @param layers number of blocks
 * @param heads H, query heads
 * @param keyValueHeads heads of keys and values; divides {@code heads}
 * @param headSize width of one head; H x headSize need not be D
 * @param maxPositions longest sequence in tokens
 * @param rmsEpsilon added to the mean square in RMSNorm
 * @param rotaryTheta base of the rotary frequencies
 * @param rotaryScaling stretch of the rotary frequencies
 * @param tiedEmbeddings whether the LM head is the embedding
 * @param attentionBias whether q, k, v and o projections have biases
 * @param mlpBias whether the MLP's projections have biases
 * @param bosId the token that starts a text
 * @param eosId the token that ends a response
 * @param padId the token that fills batches; it never takes part
 */
public record ModelConfig(
    int vocabularySize,
    int hiddenSize,
    int intermediateSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headSize,
    int maxPositions,
    double rmsEpsilon,
    double rotaryTheta,
    RotaryScaling rotaryScaling,
    boolean tiedEmbeddings,
    boolean attentionBias,
    boolean mlpBias,
    OptionalInt bosId,
    OptionalInt eosId,
    OptionalInt padId) {

  public ModelConfig {
    requirePositive("vocab_size", vocabularySize);
    requirePositive("hidden_size", hiddenSize);
    requirePositive("intermediate_size", intermediateSize);
    requirePositive("num_hidden_layers", layers);
    requirePositive("num_attention_heads", heads);
    requirePositive("num_key_value_heads", keyValueHeads);
    requirePositive("head_dim", headSize);
    requirePositive("max_position_embeddings", maxPositions);
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "num_key_value_heads is "
              + keyValueHeads
              + ", which does not divide num_attention_heads "
              + heads);
    }
    if (headSize % 2 != 0) {
      throw new IllegalArgumentException(
          "head_dim is " + headSize + ", rotary positions want an even number");
    }
  }

  private static void requirePositive(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " is " + value + ", wanted at least 1");
    }
  }

  /** Name to shape of every weight below the heads. */
  SortedMap<String, long[]> shapes() {
    SortedMap<String, long[]> shapes = new TreeMap<>();
    shapes.put("model.embed_tokens.weight", new long[] {vocabularySize, hiddenSize});
    shapes.put("model.norm.weight", new long[] {hiddenSize});
    for (int layer = 0; layer < layers; layer++) {
      String block = "model.layers." + layer + ".";
      shapes.put(block + "input_layernorm.weight", new long[] {hiddenSize});
      shapes.put(block + "post_attention_layernorm.weight", new long[] {hiddenSize});
      putLinear(shapes, block + "self_attn.q_proj", heads * headSize, hiddenSize, attentionBias);
      putLinear(
          shapes, block + "self_attn.k_proj", keyValueHeads * headSize, hiddenSize, attentionBias);
      putLinear(
          shapes, block + "self_attn.v_proj", keyValueHeads * headSize, hiddenSize, attentionBias);
      putLinear(shapes, block + "self_attn.o_proj", hiddenSize, heads * headSize, attentionBias);
      putLinear(shapes, block + "mlp.gate_proj", intermediateSize, hiddenSize, mlpBias);
      putLinear(shapes, block + "mlp.up_proj", intermediateSize, hiddenSize, mlpBias);
      putLinear(shapes, block + "mlp.down_proj", hiddenSize, intermediateSize, mlpBias);
    }
    return shapes;
  }

  private static void putLinear(
      SortedMap<String, long[]> shapes, String name, int out, int in, boolean bias) {
    shapes.put(name + ".weight", new long[] {out, in});
    if (bias) {
      shapes.put(name + ".bias", new long[] {out});
    }
  }
}
