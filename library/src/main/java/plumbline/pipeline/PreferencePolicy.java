package plumbline.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.Sha256;
import plumbline.dpo.DpoTrainer;
import plumbline.model.AdapterFolder;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;
import plumbline.train.LoraConfig;

/**
 * What learning from preferences trains: a model or an adapter over it, and its reference.
 *
 * @param start the folder that training begins with
 * @param policy the model itself, or an adapter over it
 * @param weights how the weights of both are kept
 * @param other the reference if it is another model
 * @param otherFolder its folder
 */
record PreferencePolicy(
    Path start,
    TextModel model,
    Transformer policy,
    Optional<WeightFormat> weights,
    Optional<TextModel> other,
    Optional<Path> otherFolder)
    implements AutoCloseable {

  /**
   * Loads the models that a configuration names.
   *
   * @param tokens of the longest row
   * @throws InputException if a row does not fit the context, or the reference's vocabulary is
   *     another one
   */
  static PreferencePolicy load(
      String name,
      Optional<WeightFormat> weights,
      Optional<LoraConfig> lora,
      Optional<String> reference,
      int tokens,
      StageContext context) {
    Path start = context.model(name);
    Optional<Path> folder = reference.map(context::model);
    TextModel model = TextModel.loadMerged(start, Head.LANGUAGE, weights);
    Transformer policy =
        lora.map(
                keys ->
                    model
                        .transformer()
                        .withAdapter(keys.lora(), EnumSet.of(Head.LANGUAGE), context.seed()))
            .orElse(model.transformer());
    Optional<TextModel> other =
        folder.map(path -> TextModel.loadMerged(path, Head.LANGUAGE, weights));
    PreferencePolicy loaded = new PreferencePolicy(start, model, policy, weights, other, folder);
    try {
      TrainStages.checkContext(model, tokens);
      context.warnOfText(model);
      other.ifPresent(found -> checkVocabulary(policy, found.transformer()));
      return loaded;
    } catch (InputException e) {
      loaded.close();
      throw e;
    }
  }

  private static void checkVocabulary(Transformer policy, Transformer reference) {
    int wanted = policy.config().vocabularySize();
    int found = reference.config().vocabularySize();
    if (found != wanted) {
      throw new InputException(
          "reference_model has a vocabulary of "
              + found
              + " tokens and the policy of "
              + wanted
              + "; wanted a model with the policy's tokenizer");
    }
  }

  /** What log-ratios are taken against, its log-probs kept in {@code cache}. */
  DpoTrainer.Reference reference(Path cache) {
    return new DpoTrainer.Reference(
        other.map(TextModel::transformer), cache, hash(otherFolder.orElse(start), weights));
  }

  /**
   * A hash of a model as it is used: of its folder's weights, those of an adapter's bases included,
   * and of how they are kept.
   */
  static String hash(Path folder, Optional<WeightFormat> weights) {
    return weights.orElseGet(WeightFormat::ofEngine) + hash(folder);
  }

  private static String hash(Path folder) {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(
              file -> {
                String name = file.getFileName().toString();
                return name.endsWith(".safetensors") || name.endsWith("config.json");
              })
          .sorted()
          .forEach(file -> all.append(Sha256.of(file)));
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
    }
    return AdapterFolder.isOne(folder) ? all + hash(AdapterFolder.base(folder)) : all.toString();
  }

  /** Writes what was trained to the run's model folder. */
  void save(StageContext context) {
    TrainStages.save(model, policy, EnumSet.of(Head.LANGUAGE), start, context);
  }

  @Override
  public void close() {
    if (policy != model.transformer()) {
      policy.close();
    }
    other.ifPresent(TextModel::close);
    model.close();
  }
}
