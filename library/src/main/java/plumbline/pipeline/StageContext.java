package plumbline.pipeline;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.data.Imported;
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
 */
record StageContext(
    Path out, List<String> earlier, long seed, RunDirectory run, Progress progress) {

  /**
   * The folder of a model that a configuration names: an earlier stage, a run, or a folder.
   *
   * @throws InputException if there is none
   */
  Path model(String name) {
    Path folder = earlier.contains(name) ? out.resolve(name) : Path.of(name);
    for (Path candidate : List.of(folder.resolve("model"), folder)) {
      if (Files.exists(candidate.resolve("config.json"))) {
        run.buildsOn(candidate.toString());
        return candidate;
      }
    }
    throw missing("model", name, folder + " has no config.json");
  }

  /**
   * The rows of a data set's file.
   *
   * @param data an earlier stage or a folder
   * @param file the file's name in it
   * @throws InputException if there is no such file or it has no row
   */
  <T> List<T> rows(String data, String file, Function<Path, Imported<T>> reader) {
    Path folder = earlier.contains(data) ? out.resolve(data) : Path.of(data);
    Path path = folder.resolve(file);
    if (!Files.exists(path)) {
      throw missing("data set", data, path + " does not exist");
    }
    run.readsData(path);
    Imported<T> imported = reader.apply(path);
    imported
        .rejectedByReason()
        .forEach((reason, count) -> run.warn(path + ": " + count + " rows rejected: " + reason));
    return imported.rows();
  }

  private InputException missing(String what, String name, String found) {
    String stages = earlier.isEmpty() ? "" : ", or the name of an earlier stage: " + earlier;
    return new InputException(
        "there is no " + what + " '" + name + "': " + found + "; wanted a folder" + stages);
  }
}
