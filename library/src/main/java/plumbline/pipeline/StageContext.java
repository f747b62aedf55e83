package plumbline.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.config.ConfigTree;
import plumbline.data.format.Imported;
import plumbline.data.format.Reject;
import plumbline.hub.ModelFinder;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;
import plumbline.train.Progress;
import plumbline.train.RunDirectory;

/**
 * What a stage may ask its pipeline.
 *
 * @param out the pipeline's folder, in which each stage has a folder of its name
 * @param earlier names of the stages before this one
 * @param seed the pipeline's seed
 * @param run the stage's own run directory
 * @param progress where progress is told
 * @param models finds models that no stage makes
 */
record StageContext(
    Path out,
    List<String> earlier,
    long seed,
    RunDirectory run,
    Progress progress,
    ModelFinder models) {

  /**
   * The folder of a model that a configuration names: an earlier stage, a run, a folder, or a
   * repository of a hub.
   *
   * @throws InputException if there is none
   */
  Path model(String name) {
    String place = earlier.contains(name) ? out.resolve(name).toString() : name;
    Path model =
        models
            .find(place)
            .orElseThrow(() -> missing("model", name, place + " has no config.json", earlier));
    run.buildsOn(model.toString());
    return model;
  }

  /**
   * The rows of a data set's file.
   *
   * @param data an earlier stage or a folder
   * @param file the file's name in it
   * @throws InputException if there is no such file or it has no row
   */
  <T> List<T> rows(String data, String file, Function<Path, Imported<T>> reader) {
    Path folder = folder(data);
    Path path = folder.resolve(file);
    if (!Files.isDirectory(folder)) {
      throw missing("data set", data, folder + " is no folder", earlier);
    }
    if (!Files.exists(path)) {
      throw lacks(folder.toString(), file);
    }
    return read(path, reader);
  }

  /** The error of a data set, named by its place, that lacks a file. */
  static InputException lacks(String place, String file) {
    return new InputException(
        place + ": this data set has no " + file + "; " + remedy(file.replaceFirst("\\..*", "")));
  }

  private static String remedy(String kind) {
    return kind.equals("pairs")
        ? "make pairs of its demonstrations with a stage 'pairs', and name that as 'data'"
        : "name one as 'data' that has " + kind;
  }

  /** The scorer of a reward tree; the caller closes it. */
  Scorer scorer(ConfigTree tree, SharedBases bases) {
    return ScoreTree.build(tree, this::model, bases, Plan.LEAVES);
  }

  /** Tells the run what a scorer had to cut; {@code what} it is in the configuration. */
  void warnOfCuts(String what, Scorer scorer) {
    if (scorer.truncated() > 0) {
      run.warn(
          what
              + ": "
              + scorer.truncated()
              + " conversations did not fit the reward model's context and were cut before scoring");
    }
  }

  /** Tells the run what to know of a model's template and tokenizer. */
  void warnOfText(TextModel model) {
    model.text().notes().forEach(run::warn);
  }

  /** As {@link #rows}, but a data set need not have the file. */
  <T> List<T> rowsIfAny(String data, String file, Function<Path, Imported<T>> reader) {
    Path path = folder(data).resolve(file);
    return Files.exists(path) ? read(path, reader) : List.of();
  }

  /**
   * The folder of a data set: an earlier stage's, one in it ({@code stage/part}), or as it is
   * named.
   */
  Path folder(String data) {
    return earlier.contains(data.replaceFirst("/.*", "")) ? out.resolve(data) : Path.of(data);
  }

  private <T> List<T> read(Path path, Function<Path, Imported<T>> reader) {
    run.readsData(path);
    Imported<T> imported = reader.apply(path);
    imported
        .rejectedByReason()
        .forEach(
            (reason, count) -> {
              String first =
                  imported.rejects().stream()
                      .filter(reject -> reject.counted().equals(reason))
                      .findFirst()
                      .map(Reject::place)
                      .orElse("?");
              run.warn(
                  "%s: %d rows rejected: %s; the first at %s"
                      .formatted(path, count, reason, first));
            });
    imported.notes().forEach((note, count) -> run.warn(path + ": " + count + " rows: " + note));
    return imported.rows();
  }

  /** The error of a name that neither a folder nor an earlier stage has. */
  static InputException missing(String what, String name, String found, List<String> earlier) {
    String folder = what.equals("model") ? "a folder, " + ModelFinder.HUB_FORM : "a folder";
    String stages = earlier.isEmpty() ? "" : ", or the name of an earlier stage: " + earlier;
    return new InputException(
        "there is no " + what + " '" + name + "': " + found + "; wanted " + folder + stages);
  }
}
