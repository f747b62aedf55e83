package plumbline.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;
import plumbline.hub.ModelFinder;
import plumbline.model.ModelFolder;
import plumbline.score.LeafKind;
import plumbline.score.ScoreTree;

/**
 * A pipeline before it runs: which stage makes what.
 *
 * <p>Names that nothing has, reward trees with typos and rows that no context can hold are found
 * here, before the first stage has written anything, and not hours later.
 */
final class Plan {
  /** What a stage, or a folder, holds. */
  enum Kind {
    DATA("a data set"),
    LANGUAGE_MODEL("a language model"),
    ENCODER("an encoder, which only a reward model can begin with"),
    REWARD_MODEL("a reward model"),
    NUMBERS("no model and no data set");

    private final String words;

    Kind(String words) {
      this.words = words;
    }
  }

  /**
   * What a stage makes.
   *
   * @param rows kinds of rows in a data set: demonstrations, pairs, prompts
   * @param context a model's longest row in tokens
   */
  record Made(Kind kind, Set<String> rows, OptionalInt context) {
    static Made data(Set<String> rows) {
      return new Made(Kind.DATA, rows, OptionalInt.empty());
    }

    static Made model(Kind kind, int context) {
      return new Made(kind, Set.of(), OptionalInt.of(context));
    }
  }

  /** Kinds of leaves of reward trees besides the built-in ones. */
  static final List<LeafKind> LEAVES = Leaves.ALL;

  static final Set<Kind> MODELS = EnumSet.of(Kind.LANGUAGE_MODEL, Kind.ENCODER, Kind.REWARD_MODEL);

  private final List<String> names;
  private final boolean alone;
  private final ModelFinder models;
  private final boolean dry;
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Made> earlier = new LinkedHashMap<>();
  private String stage = "";

  /**
   * Starts before the first stage.
   *
   * @param names every stage's name
   * @param alone whether the one stage is its own pipeline, so that its keys stand by themselves
   * @param models finds models that no stage makes
   * @param dry whether nothing will run, so that data need not be there yet
   */
  Plan(List<String> names, boolean alone, ModelFinder models, boolean dry) {
    this.names = names;
    this.alone = alone;
    this.models = models;
    this.dry = dry;
  }

  /** Whether nothing will run, so that data need not be there yet. */
  boolean isDry() {
    return dry;
  }

  /** Something to know that is no mistake. */
  void note(String text) {
    notes.add(stage + ": " + text);
  }

  List<String> notes() {
    return List.copyOf(notes);
  }

  /** Checks are now those of stage {@code name}. */
  void enter(String name) {
    stage = name;
  }

  /** The stage that was entered makes this. */
  void leave(Made made) {
    earlier.put(stage, made);
  }

  /** The stage that was entered makes this too, in a folder of that name in its own. */
  void offer(String part, Made made) {
    earlier.put(stage + "/" + part, made);
  }

  void checkScore(String key, ConfigTree tree) {
    ScoreTree.check(tree, LEAVES).forEach(name -> context(key, name, Kind.REWARD_MODEL));
    ScoreTree.languageModels(tree, LEAVES).forEach(name -> context(key, name, Kind.LANGUAGE_MODEL));
    ScoreTree.tokenizers(tree, LEAVES).forEach(name -> model(key, name, MODELS));
  }

  int context(String key, String name, Kind wanted) {
    return model(key, name, EnumSet.of(wanted));
  }

  /** The context of a model, in tokens. */
  int model(String key, String name, Set<Kind> wanted) {
    if (!isStage(key, name)) {
      return ModelFolder.config(folder(key, name)).maxPositions();
    }
    Made made = earlier.get(name);
    if (!MODELS.contains(made.kind())) {
      throw error(key, "stage '" + name + "' makes no model, it makes " + made.kind().words);
    }
    if (!wanted.contains(made.kind())) {
      throw error(
          key,
          "stage '%s' makes %s, wanted %s"
              .formatted(name, made.kind().words, wanted.iterator().next().words));
    }
    return made.context().orElseThrow();
  }

  /** The folder of a model that no stage makes; a hub's is downloaded now. */
  private Path folder(String key, String name) {
    Optional<Path> found;
    try {
      found = models.find(name);
    } catch (InputException e) {
      throw new InputException(where(key) + ": " + e.getMessage(), e);
    }
    return found.orElseThrow(() -> missing(key, "model", name, name + " has no config.json"));
  }

  /**
   * Checks the data set of the stage.
   *
   * @param rows the kind of rows needed; empty for any
   * @param side train or test
   */
  void checkData(String name, String rows, String side) {
    String key = "data";
    String file = rows + "." + side + ".jsonl";
    if (!isStage(key, name)) {
      Path folder = Path.of(name);
      if (dry && !Files.exists(folder)) {
        note("there is no data set " + name + " yet");
        return;
      }
      if (!Files.isDirectory(folder)) {
        throw missing(key, "data set", name, folder + " is no folder");
      }
      if (!rows.isEmpty() && !Files.exists(folder.resolve(file))) {
        throw StageContext.lacks(folder.toString(), file);
      }
      return;
    }
    checkMakesData(key, name);
    if (!rows.isEmpty() && !earlier.get(name).rows().contains(rows)) {
      throw StageContext.lacks(where(key), file);
    }
  }

  /** The kinds of rows for training in a data set that was checked. */
  Set<String> rows(String data) {
    if (earlier.containsKey(data)) {
      return earlier.get(data).rows();
    }
    return Arrays.stream(plumbline.data.Kind.values())
        .map(plumbline.data.Kind::plural)
        .filter(kind -> Files.exists(Path.of(data).resolve(kind + ".train.jsonl")))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Checks that an earlier stage has this name. */
  void checkStage(String key, String name) {
    if (!isStage(key, name)) {
      String hint =
          Nearest.to(name, earlier.keySet()).map(s -> "; did you mean '" + s + "'?").orElse("");
      throw error(
          key,
          "there is no earlier stage '" + name + "'; wanted one of " + earlier.keySet() + hint);
    }
  }

  /** Checks a file, or a folder, of rows. */
  void checkFile(String key, String name) {
    if (isStage(key, name)) {
      checkMakesData(key, name);
    } else if (dry && !Files.exists(Path.of(name))) {
      note("there is no " + name + " yet");
    } else if (!Files.exists(Path.of(name))) {
      throw missing(key, "file", name, name + " does not exist");
    }
  }

  private void checkMakesData(String key, String name) {
    Made made = earlier.get(name);
    if (made.kind() != Kind.DATA) {
      throw error(key, "stage '" + name + "' makes no data set, it makes " + made.kind().words);
    }
  }

  /** Whether a name is an earlier stage's; a folder of a later stage's name does not count. */
  private boolean isStage(String key, String name) {
    if (!earlier.containsKey(name) && names.contains(name) && !alone) {
      throw error(
          key,
          name.equals(stage)
              ? "a stage cannot build on itself"
              : "stage '" + name + "' comes later; write it before '" + stage + "'");
    }
    return earlier.containsKey(name);
  }

  void checkContext(int context, int tokens) {
    TrainStages.contextProblem(context, tokens)
        .ifPresent(
            problem -> {
              throw new InputException((alone ? "" : stage + ": ") + problem);
            });
  }

  private InputException missing(String key, String what, String name, String found) {
    String hint =
        Nearest.to(name, earlier.keySet()).map(s -> "; did you mean '" + s + "'?").orElse("");
    InputException plain =
        StageContext.missing(what, name, found, new ArrayList<>(earlier.keySet()));
    return error(key, plain.getMessage() + hint);
  }

  private InputException error(String key, String problem) {
    return new InputException(where(key) + ": " + problem);
  }

  private String where(String key) {
    return alone ? key : stage + "." + key;
  }
}
