package plumbline.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.hub.ModelFinder;
import plumbline.model.AdapterFolder;
import plumbline.model.Lora;
import plumbline.model.ModelConfig;
import plumbline.model.ModelFolder;

/** Models that a pipeline's stages will leave, and those that are there: what they are made of. */
final class PlannedModels {
  private final Map<String, Source> made = new LinkedHashMap<>();
  private final Map<String, Integer> longest = new LinkedHashMap<>();
  private final ModelFinder models;

  /**
   * A model.
   *
   * @param key one for each stage and folder
   * @param lora its form, if it is an adapter
   * @param base what an adapter lies over; else the model itself
   */
  record Source(String key, ModelConfig shape, Optional<Lora> lora, String base) {}

  /**
   * Nothing is made yet.
   *
   * @param models finds models that no stage makes
   */
  PlannedModels(ModelFinder models) {
    this.models = models;
  }

  /** A stage makes a model of this shape. */
  void make(String stage, ModelConfig shape) {
    made.put(stage, new Source("stage " + stage, shape, Optional.empty(), stage));
  }

  /** A stage trains a model or an adapter over it. */
  void make(String stage, String start, Optional<Lora> lora) {
    String base = lora.isPresent() ? start : stage;
    made.put(stage, new Source("stage " + stage, source(start).shape(), lora, base));
  }

  /** A stage's model was trained on rows of so many tokens at most. */
  void learntFrom(String stage, int tokens) {
    longest.put(stage, tokens);
  }

  /** The longest row that a model will meet: as long as in its training, else its context. */
  int longestRow(String name) {
    return longest.getOrDefault(name, source(name).shape().maxPositions());
  }

  /** The model of an earlier stage or of a folder. */
  Source source(String name) {
    Source earlier = made.get(name);
    if (earlier != null) {
      return earlier;
    }
    Path folder =
        models
            .find(name)
            .orElseThrow(
                () ->
                    StageContext.missing(
                        "model",
                        name,
                        name + " has no config.json",
                        new ArrayList<>(made.keySet())));
    boolean adapter = AdapterFolder.isOne(folder);
    return new Source(
        folder.toAbsolutePath().normalize().toString(),
        ModelFolder.config(folder),
        adapter ? Optional.of(AdapterFolder.form(folder)) : Optional.empty(),
        adapter ? AdapterFolder.base(folder).toString() : name);
  }
}
