package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.Sha256;
import plumbline.dpo.DpoTrainer;
import plumbline.dpo.ReferenceModel;
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
   * What a configuration says of its models.
   *
   * @param tokens of the longest row
   */
  record Keys(
      String model,
      Optional<String> reference,
      Optional<WeightFormat> weights,
      Optional<LoraConfig> lora,
      int tokens) {

    /** Checks what it names before any stage runs. */
    Plan.Made plan(Plan plan) {
      int context = plan.context("model", model, Plan.Kind.LANGUAGE_MODEL);
      plan.checkContext(context, tokens);
      reference
          .map(name -> plan.context("reference_model", name, Plan.Kind.LANGUAGE_MODEL))
          .ifPresent(found -> plan.checkContext(found, tokens));
      return Plan.Made.model(Plan.Kind.LANGUAGE_MODEL, context);
    }
  }

  /**
   * What came of training.
   *
   * @param chosenChange how far training moved the mean log-prob of the good test responses, in
   *     nats
   * @param rejectedChange how far it moved that of the bad ones
   */
  record Trained(ObjectNode summary, double chosenChange, double rejectedChange) {}

  /**
   * A whole stage: loads the models, trains, and writes the policy and what came of it.
   *
   * @param choices what the method chose, a line each
   */
  static void train(
      Keys keys,
      List<String> choices,
      StageContext context,
      Function<PreferencePolicy, Trained> training) {
    choices.forEach(context.progress()::note);
    try (PreferencePolicy policy = load(keys, context)) {
      Trained trained = training.apply(policy);
      policy.save(context);
      choices.forEach(trained.summary().putArray("choices")::add);
      warnOfFall(trained, context);
      context.run().summary(trained.summary());
    }
  }

  /** Tells the run if both kinds of test responses have become less likely. */
  private static void warnOfFall(Trained trained, StageContext context) {
    if (trained.chosenChange() < 0 && trained.rejectedChange() < 0) {
      context
          .run()
          .warn(
              ("the log-probs of both responses fall on the test rows, of the chosen ones by %.1f"
                      + " nats and of the rejected ones by %.1f: usual for DPO; if the answers get"
                      + " worse too, add sft_weight or lower the learning rate")
                  .formatted(-trained.chosenChange(), -trained.rejectedChange()));
    }
  }

  /**
   * Loads the models.
   *
   * @throws InputException if a row does not fit the context, or the reference's vocabulary is
   *     another one
   */
  private static PreferencePolicy load(Keys keys, StageContext context) {
    Path start = context.model(keys.model());
    Optional<Path> folder = keys.reference().map(context::model);
    TextModel model = TextModel.loadMerged(start, Head.LANGUAGE, keys.weights());
    Transformer policy =
        keys.lora()
            .map(
                lora ->
                    model
                        .transformer()
                        .withAdapter(lora.lora(), EnumSet.of(Head.LANGUAGE), context.seed()))
            .orElse(model.transformer());
    Optional<TextModel> other =
        folder.map(path -> TextModel.loadMerged(path, Head.LANGUAGE, keys.weights()));
    PreferencePolicy loaded =
        new PreferencePolicy(start, model, policy, keys.weights(), other, folder);
    try {
      TrainStages.checkContext(model, keys.tokens());
      context.warnOfText(model);
      other.ifPresent(
          found -> ReferenceModel.checkVocabulary("reference_model", policy, found.transformer()));
      return loaded;
    } catch (InputException e) {
      loaded.close();
      throw e;
    }
  }

  /**
   * What log-ratios are taken against, the model below an adapter for example; its log-probs are
   * kept in the pipeline's cache.
   */
  DpoTrainer.Reference reference(StageContext context) {
    Optional<Transformer> below =
        policy == model.transformer() ? Optional.empty() : Optional.of(model.transformer());
    return new DpoTrainer.Reference(
        other.map(TextModel::transformer).or(() -> below),
        context.out().resolve("cache"),
        hash(otherFolder.orElse(start), weights));
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

  private void save(StageContext context) {
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
