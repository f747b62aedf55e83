package plumbline.web.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.InputException;
import plumbline.config.Nearest;
import plumbline.model.AdapterFolder;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;
import plumbline.score.RewardModelScorer;
import plumbline.score.ScoreScales;
import plumbline.text.DialogueEncoder;

/** The models being served, each base read once. */
final class ServedModels implements AutoCloseable {
  /** Adapters that clients have had loaded, at once. */
  private static final int MOST_LOADED = 64;

  private final ServedFolders folders;
  private final String base;
  private final SharedBases bases;
  private final Object loading = new Object();
  private int loaded;
  private final Map<String, Served> languages = new LinkedHashMap<>();
  private final Map<String, Served> rewards = new LinkedHashMap<>();

  /**
   * A model.
   *
   * @param parent the language model that an adapter lies over
   * @param transformer what computes: the model, or a copy of it to sample from
   * @param outputs a reward model's outputs
   * @param independent whether they are no classes of which one is right
   * @param users requests that are being answered with it
   * @param loaded whether a client had it loaded
   */
  record Served(
      String id,
      Path folder,
      Optional<String> parent,
      TextModel model,
      Transformer transformer,
      List<String> outputs,
      boolean independent,
      Users users,
      boolean loaded) {

    DialogueEncoder text() {
      return model.text();
    }

    int context() {
      return transformer().config().maxPositions();
    }
  }

  private ServedModels(ServedFolders folders, SharedBases bases) {
    this.folders = folders;
    this.base = folders.name();
    this.bases = bases;
  }

  /**
   * Reads all models.
   *
   * @throws InputException if one cannot be read or is of another kind
   */
  static ServedModels load(ServedFolders folders) {
    SharedBases bases =
        folders.base().isPresent() ? new SharedBases(folders.base()) : new SharedBases();
    ServedModels models = new ServedModels(folders, bases);
    try {
      models.addLanguage(folders.name(), folders.folder(), folders);
      folders.adapters().forEach((name, folder) -> models.addLanguage(name, folder, folders));
      folders.rewards().forEach((name, folder) -> models.addReward(name, folder, folders));
      return models;
    } catch (RuntimeException e) {
      models.close();
      throw e;
    }
  }

  private void addLanguage(String name, Path folder, ServedFolders folders) {
    TextModel model = TextModel.load(folder, Head.LANGUAGE, folders.weights(), bases);
    // Adapters share their base's weights; copies would not.
    Transformer copy =
        AdapterFolder.isOne(folder)
            ? model.transformer()
            : model.transformer().forSampling(folders.weights().filter(WeightFormat::samples));
    languages.put(
        name,
        new Served(
            name,
            folder,
            parent(folder, folders),
            model,
            copy,
            List.of(),
            false,
            new Users(),
            false));
  }

  /** The language model, if an adapter lies over that very one. */
  private static Optional<String> parent(Path folder, ServedFolders folders) {
    if (!AdapterFolder.isOne(folder)) {
      return Optional.empty();
    }
    Path base = folders.base().orElseGet(() -> AdapterFolder.base(folder));
    try {
      return Files.isSameFile(base, folders.folder())
          ? Optional.of(folders.name())
          : Optional.empty();
    } catch (IOException e) {
      throw new InputException(base + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private void addReward(String name, Path folder, ServedFolders folders) {
    Optional<ScoreScales> scales = ScoreScales.readIfAny(folder);
    TextModel model = TextModel.load(folder, Head.SCORE, folders.weights(), bases);
    List<String> outputs = RewardModelScorer.names(scales, model.transformer());
    rewards.put(
        name,
        new Served(
            name,
            folder,
            Optional.empty(),
            model,
            model.transformer(),
            outputs,
            scales.isPresent(),
            new Users(),
            false));
  }

  // ---- adapters that come and go

  /**
   * Serves an adapter too, over the language model.
   *
   * @throws ApiError if the name is taken, too many are loaded or the adapter does not fit
   */
  void load(String name, Path folder) {
    synchronized (loading) {
      checkNew(name);
      TextModel model;
      try {
        model = TextModel.over(folder, folders.folder(), folders.weights(), bases);
      } catch (InputException e) {
        throw ApiError.parameter("lora_path", e.getMessage());
      }
      Served served =
          new Served(
              name,
              folder,
              Optional.of(base),
              model,
              model.transformer(),
              List.of(),
              false,
              new Users(),
              true);
      synchronized (this) {
        languages.put(name, served);
        loaded++;
      }
    }
  }

  private synchronized void checkNew(String name) {
    if (languages.containsKey(name) || rewards.containsKey(name)) {
      throw ApiError.parameter("lora_name", "'" + name + "' has already been loaded.");
    }
    if (loaded == MOST_LOADED) {
      throw ApiError.parameter(
          "lora_name", MOST_LOADED + " adapters are loaded already; unload one first.");
    }
  }

  /**
   * Serves an adapter that was loaded no more; what is being answered with it is finished.
   *
   * @param free is told the model when no request uses it
   */
  void unload(String name, Consumer<Served> free) {
    Served served;
    synchronized (this) {
      served = languages.get(name);
      if (served == null) {
        throw ApiError.noModel(
            "There is no adapter '" + shown(name) + "' here" + Nearest.hint(name, loadedNames()));
      }
      if (!served.loaded) {
        throw ApiError.parameter(
            "lora_name", "'" + name + "' is served since the start and stays.");
      }
      languages.remove(name);
      loaded--;
    }
    served.users.letGo(() -> free.accept(served));
  }

  private List<String> loadedNames() {
    return languages.values().stream().filter(Served::loaded).map(Served::id).toList();
  }

  // ---- models that requests ask for

  /** The language model that a request names; the first if it names none. */
  synchronized Served language(Call call) {
    String name = call.text("model").orElse(base);
    if (rewards.containsKey(name)) {
      throw ApiError.noModel(
          "The model '"
              + name
              + "' scores and writes no text; ask /score, /classify or"
              + " /get_reward.");
    }
    return held(call, find(name, languages));
  }

  /** The reward model that a request names; the first if it names none. */
  Served reward(Call call) {
    if (rewards.isEmpty()) {
      throw ApiError.noModel("No reward model is served; start with --reward NAME=DIR.");
    }
    String name = call.text("model").orElse(rewards.keySet().iterator().next());
    return held(call, find(name, rewards));
  }

  /** Any model that a request names. */
  synchronized Served any(Call call) {
    Map<String, Served> all = new LinkedHashMap<>(languages);
    all.putAll(rewards);
    return held(call, find(call.text("model").orElse(base), all));
  }

  private static Served held(Call call, Served found) {
    call.holds(found.users);
    return found;
  }

  private static Served find(String name, Map<String, Served> among) {
    Served found = among.get(name);
    if (found == null) {
      throw ApiError.noModel(
          "There is no model '" + shown(name) + "' here" + Nearest.hint(name, among.keySet()));
    }
    return found;
  }

  private static String shown(String name) {
    return name.length() > 100 ? name.substring(0, 100) + "..." : name;
  }

  /** Language models, then reward models. */
  synchronized Collection<Served> all() {
    List<Served> all = new ArrayList<>(languages.values());
    all.addAll(rewards.values());
    return all;
  }

  @Override
  public void close() {
    for (Served served : all()) {
      if (served.transformer() != served.model().transformer()) {
        served.transformer().close();
      }
      served.model().close();
    }
    bases.close();
  }
}
