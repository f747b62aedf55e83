package plumbline.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.KeyFacts;
import plumbline.config.Nearest;
import plumbline.dpo.DpoPreset;
import plumbline.ppo.Preset;
import plumbline.score.ScoreTree;

/**
 * What is known about every key of a method of {@code plumbline train}.
 *
 * @param method its name
 * @param source the publication that it is from; empty if there is no single one
 * @param keys in the order of the documentation, with what the method chooses
 * @param values what a configuration makes of them, by path; empty without one
 */
public record MethodKeys(
    String method, String source, List<KeyFacts> keys, Map<String, String> values) {
  private static final Map<String, String> SOURCES = sources();

  private static Map<String, String> sources() {
    Map<String, String> sources = new LinkedHashMap<>();
    sources.put("reward", "Ouyang et al. (2022), arXiv:2203.02155, section 3.5");
    sources.put("sft", "Ouyang et al. (2022), arXiv:2203.02155, section 3.5");
    sources.put("online_dpo", "Dong et al. (2024), arXiv:2405.07863");
    for (Preset.Method method : Preset.Method.values()) {
      sources.put(method.toString(), method.source());
    }
    for (DpoPreset.Method method : DpoPreset.Method.values()) {
      sources.put(method.toString(), method.source());
    }
    return sources;
  }

  /**
   * The keys of a method, or those of a kind of stage.
   *
   * @param written a configuration; what it leaves out has its defaults
   * @throws InputException if the configuration is wrong
   */
  public static MethodKeys of(String method, Optional<ConfigTree> written) {
    StageKind<?> kind = StageKind.ALL.get(method);
    ConfigTree nothing = Config.parse("", "nothing");
    List<KeyFacts> keys = new ArrayList<>(Config.keys(Pipeline.Header.class, nothing));
    keys.addAll(Config.keys(kind.keys(), kind.preset().apply(nothing)));
    Map<String, String> values = new LinkedHashMap<>();
    if (written.isPresent()) {
      ConfigTree effective = Config.parse(Pipeline.ofStage(method, written.get()).yaml(), method);
      for (KeyFacts key : keys) {
        key.in(effective).ifPresent(value -> values.put(key.path(), value));
      }
    }
    return new MethodKeys(method, SOURCES.getOrDefault(method, ""), keys, values);
  }

  /**
   * Those of its keys that are called so: one key, a group of keys, or all whose last part it is.
   * Leaves, nodes and shapers of reward trees are found by their names too: {@code leaf-regex}.
   *
   * @throws InputException if there are none
   */
  public List<KeyFacts> called(String name) {
    List<KeyFacts> found =
        keys.stream()
            .filter(key -> key.path().equals(name) || key.path().startsWith(name + "."))
            .toList();
    if (found.isEmpty()) {
      found = keys.stream().filter(key -> key.path().endsWith("." + name)).toList();
    }
    Map<String, Class<?>> parts = ScoreTree.parts(Leaves.ALL);
    if (found.isEmpty() && parts.containsKey(name)) {
      found = Config.keys(parts.get(name), Config.parse("", "nothing"));
    }
    if (found.isEmpty()) {
      List<String> known = new ArrayList<>(keys.stream().map(KeyFacts::path).toList());
      known.addAll(parts.keySet());
      throw new InputException(
          "train " + method + " has no key '" + name + "'" + Nearest.hint(name, known));
    }
    return found;
  }

  /** The parts that reward trees are made of, by the names that {@link #called} knows. */
  public static List<String> partsOfRewardTrees() {
    return List.copyOf(ScoreTree.parts(Leaves.ALL).keySet());
  }
}
