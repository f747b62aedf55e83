package plumbline.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.config.Nearest;
import plumbline.config.SchemaWriter;
import plumbline.data.Sha256;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.LeafKind;
import plumbline.score.ScoreTree;

/**
 * Makes judges of their configurations, told apart by the key that only one kind has: an endpoint,
 * a model's folder, a tree of scores, a simulated world, or a rule.
 *
 * @param environment where keys of remote judges are
 * @param models finds the folder of a model that a configuration names
 * @param bases models read so far, whose weights are shared
 * @param budget what remote judges are paid from
 */
public record Judges(
    Map<String, String> environment,
    Function<String, Path> models,
    SharedBases bases,
    Budget budget) {
  /** Kinds of leaves of reward trees that judges are. */
  public static final List<LeafKind> LEAVES = List.of(new LeafKind("judge", JudgeLeaf.class));

  private static final List<String> RULES =
      List.of("longer", "shorter", "first", "second", "random");
  private static final String GOLD = "gold";

  /** The keys of a judge that is a tree of scorers. */
  public record ScoreKeys(
      @Key(form = "score", doc = "a tree of scorers, as PPO's; the higher score wins")
          ConfigTree score,
      @Key(def = "0", min = 0, doc = "scores that are no further apart than this are a tie")
          double margin,
      @Key(
              def = "",
              doc =
                  "four scores, ascending: with so many of them at or below its score a response"
                      + " has one more than 1 of 5 stars; without them it only compares")
          List<Double> stars,
      @Key(def = "score", doc = "what annotations call the judge") String name) {
    public ScoreKeys {
      boolean ascending =
          java.util.stream.IntStream.range(1, stars.size())
              .allMatch(i -> stars.get(i) > stars.get(i - 1));
      if (!stars.isEmpty() && (stars.size() != Rating.HIGHEST - Rating.LOWEST || !ascending)) {
        throw new IllegalArgumentException("'stars' is " + stars + ", wanted 4 ascending scores");
      }
    }
  }

  /**
   * The judge that an option names.
   *
   * @param given a YAML file, or one of {@code longer}, {@code shorter}, {@code first}, {@code
   *     second}, {@code random} and {@code gold}, the clinic's
   * @throws InputException if it is neither, or the configuration is wrong
   */
  public Judge named(String given) {
    return of(tree(given));
  }

  /** The keys of the judge that {@link #named} makes. */
  public static ConfigTree tree(String given) {
    if (given.equals(GOLD)) {
      return Config.parse("{score: {gold: clinic}, name: gold}", "judge 'gold'");
    }
    if (RULES.contains(given)) {
      return Config.parse("{rule: " + given + "}", "judge '" + given + "'");
    }
    if (!given.matches(".*\\.ya?ml") && !Files.exists(Path.of(given))) {
      List<String> known = Stream.concat(RULES.stream(), Stream.of(GOLD)).toList();
      throw new InputException(
          "there is no judge '"
              + given
              + "', wanted a YAML file or one of "
              + String.join(", ", known)
              + Nearest.to(given, known).map(near -> "; did you mean '" + near + "'?").orElse(""));
    }
    return Config.read(Path.of(given));
  }

  /**
   * The judge that a configuration describes; the caller closes it.
   *
   * @throws InputException naming the first wrong key
   */
  public Judge of(ConfigTree tree) {
    if (tree.has("endpoint")) {
      return remote(tree);
    }
    if (tree.has("model")) {
      LocalJudge.Keys keys = tree.bind(LocalJudge.Keys.class);
      Path folder = models.apply(keys.model());
      return new LocalJudge(
          keys, hash(folder), TextModel.load(folder, Head.LANGUAGE, keys.weights(), bases));
    }
    if (tree.has("score")) {
      return scorer(tree.bind(ScoreKeys.class));
    }
    if (tree.has("simulated")) {
      return new SimulatedJudge(tree.bind(SimulatedJudge.Keys.class));
    }
    if (tree.has("rule")) {
      return new RuleJudge(tree.bind(RuleJudge.Keys.class));
    }
    throw unknown(tree);
  }

  /** Checks the keys of a judge that is not a tree of scorers. */
  public static void check(ConfigTree tree) {
    if (tree.has("endpoint")) {
      tree.bind(RemoteConfig.class);
    } else if (tree.has("model")) {
      tree.bind(LocalJudge.Keys.class);
    } else if (tree.has("score")) {
      tree.bind(ScoreKeys.class);
    } else if (tree.has("simulated")) {
      tree.bind(SimulatedJudge.Keys.class);
    } else if (tree.has("rule")) {
      tree.bind(RuleJudge.Keys.class);
    } else {
      throw unknown(tree);
    }
  }

  /** The JSON schema of a judge's keys: their form is called {@code judge}. */
  public static ObjectNode schema(SchemaWriter writer) {
    Map<String, ObjectNode> kinds = new LinkedHashMap<>();
    kinds.put("endpoint", writer.record(RemoteConfig.class));
    kinds.put("model", writer.record(LocalJudge.Keys.class));
    kinds.put("score", writer.record(ScoreKeys.class));
    kinds.put("simulated", writer.record(SimulatedJudge.Keys.class));
    kinds.put("rule", writer.record(RuleJudge.Keys.class));
    return SchemaWriter.byKey(kinds);
  }

  private static InputException unknown(ConfigTree tree) {
    return tree.error(
        "no judge: wanted 'endpoint' (a model elsewhere), 'model' (a model of this machine),"
            + " 'score' (a reward model), 'simulated' (of the built-in world) or 'rule'");
  }

  /** A judge that asks over the network. */
  RemoteJudge remote(ConfigTree tree) {
    RemoteConfig config = tree.bind(RemoteConfig.class);
    return RemoteJudge.of(config, environment, budget);
  }

  private Judge scorer(ScoreKeys keys) {
    StringBuilder identity = new StringBuilder(keys.score().toString());
    for (String model : ScoreTree.check(keys.score(), LEAVES)) {
      identity.append('\n').append(hash(models.apply(model)));
    }
    return new ScorerJudge(
        keys.name(),
        identity.toString(),
        ScoreTree.build(keys.score(), models, bases, LEAVES),
        keys.margin(),
        keys.stars());
  }

  /** A hash of a model's files; an adapter's base counts by its name only. */
  private static String hash(Path folder) {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Judges::decides).sorted().toList()) {
        all.append(file.getFileName()).append(' ').append(Sha256.of(file)).append('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException(folder.toString(), e);
    }
    return Sha256.ofText(all.toString());
  }

  private static boolean decides(Path file) {
    return Files.isRegularFile(file)
        && file.toString().matches(".*\\.(safetensors|json|jinja|model)");
  }

  /**
   * A classifier of prompts that asks a remote model, or goes by rules.
   *
   * @param given {@code rule}, or a remote judge's YAML file
   * @param cache where answers are kept
   * @throws InputException if it is neither
   */
  public Categories categories(String given, VerdictCache cache) {
    if (given.equals("rule")) {
      return Categories.byRule();
    }
    ConfigTree tree = Config.read(Path.of(given));
    if (!tree.has("endpoint")) {
      throw tree.error("prompts are classified by 'rule' or by a judge with an 'endpoint'");
    }
    return Categories.asked(remote(tree), Optional.of(cache));
  }
}
