package plumbline.web.serve;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.model.WeightFormat;

/**
 * The models that are served, by the names under which requests ask for them.
 *
 * @param name of the language model
 * @param folder of the language model
 * @param adapters adapters over it
 * @param rewards reward models, adapters or whole
 * @param base where adapters find their base; empty: where they say
 * @param weights how weights are kept; empty: in the engine's precision
 */
public record ServedFolders(
    String name,
    Path folder,
    Map<String, Path> adapters,
    Map<String, Path> rewards,
    Optional<Path> base,
    Optional<WeightFormat> weights) {
  public ServedFolders {
    adapters = Collections.unmodifiableMap(new LinkedHashMap<>(adapters));
    rewards = Collections.unmodifiableMap(new LinkedHashMap<>(rewards));
    Map<String, Path> all = new LinkedHashMap<>(Map.of(name, folder));
    adapters.forEach((key, path) -> putNew(all, key, path));
    rewards.forEach((key, path) -> putNew(all, key, path));
  }

  private static void putNew(Map<String, Path> all, String name, Path folder) {
    Path other = all.put(name, folder);
    if (other != null) {
      throw new InputException(
          "the name '" + name + "' is given to " + other + " and to " + folder + "; change one");
    }
  }

  /** One language model under the name of its folder. */
  public static ServedFolders of(Path folder) {
    return new ServedFolders(
        nameOf(folder), folder, Map.of(), Map.of(), Optional.empty(), Optional.empty());
  }

  /** A folder's name, or its run's if it is a run's {@code model}. */
  public static String nameOf(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    boolean ofRun = whole.endsWith("model") && whole.getNameCount() > 1;
    Path named = (ofRun ? whole.getParent() : whole).getFileName();
    return named == null ? "model" : named.toString();
  }
}
