package plumbline.pipeline;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import plumbline.dpo.DpoTrainer;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.model.AdapterFolder;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.text.DialogueEncoder;
import plumbline.train.LoraConfig;

/**
 * The models of a round: the policy, and the model of the start. If the policy is an adapter, the
 * start is what lies below it; else it is loaded when it is asked for.
 */
final class RoundModels implements AutoCloseable {
  private static final Set<Head> HEADS = EnumSet.of(Head.LANGUAGE);

  private final Path start;
  private final Path from;
  private final OnlineDpoConfig config;
  private final TextModel model;
  private final Transformer policy;
  private Optional<TextModel> first = Optional.empty();

  private RoundModels(
      Path start, Path from, OnlineDpoConfig config, TextModel model, Transformer policy) {
    this.start = start;
    this.from = from;
    this.config = config;
    this.model = model;
    this.policy = policy;
  }

  /**
   * Loads the policy.
   *
   * @param start the folder of the model that the first round begins with
   * @param from the folder of the model that this round begins with
   * @param seed of a new adapter
   * @param bases what lies below an adapter, for other models too; may be closed before this
   */
  static RoundModels load(
      Path start, Path from, OnlineDpoConfig config, long seed, SharedBases bases) {
    TextModel model =
        config.lora().isPresent()
            ? TextModel.loadMerged(start, Head.LANGUAGE, config.weights(), bases)
            : TextModel.loadMerged(from, Head.LANGUAGE, config.weights());
    try {
      Transformer policy =
          config
              .lora()
              .map(lora -> adapted(model.transformer(), start, from, lora, seed))
              .orElse(model.transformer());
      return new RoundModels(start, from, config, model, policy);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private static Transformer adapted(
      Transformer base, Path start, Path from, LoraConfig lora, long seed) {
    return from.equals(start)
        ? base.withAdapter(lora.lora(), HEADS, seed)
        : AdapterFolder.load(from, base);
  }

  DialogueEncoder text() {
    return model.text();
  }

  Transformer policy() {
    return policy;
  }

  /** Whether the policy is another model than that of the start. */
  boolean hasMoved() {
    return !from.equals(start);
  }

  /** The model of the start: below the policy, or another one, or the policy before it moves. */
  Transformer start() {
    if (policy != model.transformer() || !hasMoved()) {
      return model.transformer();
    }
    if (first.isEmpty()) {
      first = Optional.of(TextModel.loadMerged(start, Head.LANGUAGE, config.weights()));
    }
    return first.get().transformer();
  }

  /** What log-ratios are taken against, its log-probs kept in {@code cache}. */
  DpoTrainer.Reference reference(Path cache) {
    return config.reference() == OnlineDpoConfig.Reference.ROUND
        ? new DpoTrainer.Reference(
            Optional.empty(), cache, PreferencePolicy.hash(from, config.weights()))
        : new DpoTrainer.Reference(
            Optional.of(start()), cache, PreferencePolicy.hash(start, config.weights()));
  }

  /** Writes the policy: an adapter that names the model of the start, or a whole model. */
  void save(Path target, StageContext context) {
    TrainStages.save(model, policy, HEADS, start, target, context);
  }

  @Override
  public void close() {
    if (policy != model.transformer()) {
      policy.close();
    }
    first.ifPresent(TextModel::close);
    model.close();
  }
}
