package plumbline.model;

import java.util.Map;
import java.util.TreeMap;

/** What can stand on top of a decoder's last hidden state. */
public enum Head {
  /** Logits over the vocabulary. */
  LANGUAGE,
  /** One score per row, read at its last token: a reward model. */
  SCORE,
  /** One value per token: a critic. */
  VALUE;

  /** The weights that a head adds to its decoder: name to shape. */
  Map<String, long[]> shapes(ModelConfig config) {
    Map<String, long[]> shapes = new TreeMap<>();
    switch (this) {
      case LANGUAGE -> {
        if (!config.tiedEmbeddings()) {
          shapes.put("lm_head.weight", new long[] {config.vocabularySize(), config.hiddenSize()});
        }
      }
      case SCORE -> shapes.put("score.weight", new long[] {1, config.hiddenSize()});
      case VALUE -> {
        shapes.put("v_head.summary.weight", new long[] {1, config.hiddenSize()});
        shapes.put("v_head.summary.bias", new long[] {1});
      }
    }
    return shapes;
  }
}
