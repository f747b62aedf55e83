package plumbline.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Nearest;

/**
 * The folders of models that people name: a Hugging Face folder, an adapter's, a run's folder,
 * which holds one as {@code model/}, or {@code org/name[@revision]} of a hub.
 *
 * <p>A name is looked up once: whoever asks again gets the same folder, even if a branch of the hub
 * has moved in between.
 */
public final class ModelFinder {
  /** How a model of a hub is written, in messages about names that nothing has. */
  public static final String HUB_FORM = "org/name of a hub";

  /** Gives a repository's folder. */
  interface Source {
    Path folder(Repository repository);
  }

  private final Source hub;
  private final Map<Repository, Path> found = new LinkedHashMap<>();

  ModelFinder(Source hub) {
    this.hub = hub;
  }

  /**
   * Finds models in folders and on the hub that the environment names, which is asked only when a
   * name needs it.
   */
  public static ModelFinder of(Map<String, String> environment, HubProgress progress) {
    return new ModelFinder(
        repository -> Hub.of(environment).download(repository, progress).folder());
  }

  /**
   * Finds what models are made of, for planning: a hub's folders hold the {@code config.json} and
   * the tokenizer and no weights, and of {@link PublishedShapes} nothing is asked for.
   */
  public static ModelFinder ofShapes(Map<String, String> environment, HubProgress progress) {
    return new ModelFinder(
        repository -> {
          Optional<Path> published = PublishedShapes.folder(repository);
          published.ifPresent(
              folder -> progress.note(repository + ": its published shape, nothing is downloaded"));
          return published.orElseGet(() -> Hub.of(environment).describe(repository, progress));
        });
  }

  /**
   * The folder of a model; empty if {@code name} is a folder without one, or names nothing and has
   * not the form of a repository.
   *
   * @throws InputException if it has that form and the hub does not give it
   * @throws HubException if the hub fails
   */
  public Optional<Path> find(String name) {
    Path path = Path.of(name);
    Optional<Path> local =
        Stream.of(path.resolve("model"), path).filter(ModelFinder::isModel).findFirst();
    if (local.isPresent() || Files.exists(path)) {
      return local;
    }
    return Repository.parse(name).map(repository -> download(path, repository));
  }

  private static boolean isModel(Path folder) {
    return Files.exists(folder.resolve("config.json"))
        || Files.exists(folder.resolve("adapter_config.json"));
  }

  private Path download(Path path, Repository repository) {
    Path known = found.get(repository);
    if (known != null) {
      return known;
    }
    try {
      Path folder = hub.folder(repository);
      found.put(repository, folder);
      return folder;
    } catch (InputException e) {
      throw new InputException(noFolder(path) + e.getMessage(), e);
    } catch (HubException e) {
      throw new HubException(noFolder(path) + e.getMessage(), e);
    }
  }

  /** The name may have been meant as a path. */
  private static String noFolder(Path path) {
    return "there is no folder "
        + path
        + Nearest.to(path.toString(), siblings(path))
            .map(near -> " (did you mean " + near + "?)")
            .orElse("")
        + ", and as a model of the hub: ";
  }

  private static List<String> siblings(Path path) {
    try (Stream<Path> all = Files.list(path.getParent())) {
      return all.map(Path::toString).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
