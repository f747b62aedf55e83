package plumbline.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.config.ConfigTree;
import plumbline.config.Nearest;

/**
 * A pipeline's file in several sizes: the key {@code sizes} names settings that are laid over the
 * file's own keys, which are the size {@code toy}; the key {@code short} has settings that are laid
 * over whichever size is taken, for a trial that shows that everything runs.
 */
public final class Sizes {
  /** The size that a file's own keys are. */
  public static final String OWN = "toy";

  private static final String SIZES = "sizes";
  private static final String SHORT = "short";

  private Sizes() {}

  /** The sizes that a file has, its own first. */
  public static List<String> names(ConfigTree file) {
    List<String> names = new ArrayList<>(List.of(OWN));
    file.find(SIZES).map(ConfigTree::keys).ifPresent(names::addAll);
    return names;
  }

  /**
   * One size of a file; the other sizes and the short form are gone.
   *
   * @param size the name of one; empty for the file's own
   * @param shortened whether {@code short} is laid over it, but for stages that the size has not
   * @throws plumbline.InputException if the file has no such size, or no {@code short}
   */
  public static ConfigTree choose(ConfigTree file, Optional<String> size, boolean shortened) {
    check(file);
    ConfigTree chosen = file.without(SIZES).without(SHORT);
    String name = size.orElse(OWN);
    if (!name.equals(OWN)) {
      List<String> names = names(file);
      if (!names.contains(name)) {
        throw file.error(
            "there is no size '" + name + "'; known are " + names + Nearest.hint(name, names));
      }
      chosen = chosen.overlaid(file.get(SIZES).get(name));
    }
    if (!shortened) {
      return chosen;
    }
    if (!file.has(SHORT)) {
      throw file.error("there is no short form: the file has no key 'short'");
    }
    return chosen.overlaid(ofThoseThere(file.get(SHORT), chosen, file));
  }

  /** The short form without the stages that only other sizes have. */
  private static ConfigTree ofThoseThere(ConfigTree brief, ConfigTree chosen, ConfigTree file) {
    ConfigTree own = brief;
    for (String key : brief.keys()) {
      if (!brief.get(key).isMap() || chosen.has(key)) {
        continue;
      }
      boolean elsewhere =
          file.has(key)
              || names(file).stream().skip(1).anyMatch(size -> file.get(SIZES).get(size).has(key));
      if (!elsewhere) {
        throw brief
            .get(key)
            .error("no size has a stage '" + key + "'" + Nearest.hint(key, chosen.keys()));
      }
      own = own.without(key);
    }
    return own;
  }

  /** A file's own size. */
  static ConfigTree own(ConfigTree file) {
    return choose(file, Optional.empty(), false);
  }

  private static void check(ConfigTree file) {
    file.find(SHORT)
        .filter(value -> value.has("stage"))
        .ifPresent(
            value -> {
              throw value.error(
                  "'short' holds the settings of --short and cannot be a stage's name; call the"
                      + " stage otherwise");
            });
    file.find(SIZES)
        .filter(sizes -> sizes.has(OWN))
        .ifPresent(
            sizes -> {
              throw sizes
                  .get(OWN)
                  .error("the file's own keys are the size 'toy'; write these settings there");
            });
  }
}
