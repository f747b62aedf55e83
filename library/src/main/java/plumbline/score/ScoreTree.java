package plumbline.score;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import plumbline.config.SchemaWriter;
import plumbline.data.Completion;
import plumbline.data.clinic.Clinic;
import plumbline.model.SharedBases;
import plumbline.model.WeightFormat;

/**
 * Builds scorers from their configuration: a leaf says how good a completion is, a node combines
 * several parts, and {@code shape}, a list at any leaf or node, changes what they say.
 */
public final class ScoreTree {
  private static final int ROWS_PER_BATCH = 64;

  /** A leaf's kind is that of the first of these keys that it has. */
  private static final List<LeafKind> KINDS =
      List.of(
          new LeafKind("gold", GoldLeaf.class),
          new LeafKind("rule", RuleLeaf.class),
          new LeafKind("regex", TextLeaves.Regex.class),
          new LeafKind("answer", AnswerLeaf.class),
          new LeafKind("length", TextLeaves.Length.class),
          new LeafKind("repetition", TextLeaves.Repetition.class),
          new LeafKind("format", TextLeaves.Format.class),
          new LeafKind("remote", RemoteLeaf.class),
          new LeafKind("model", ModelLeaf.class));

  private ScoreTree() {}

  /** The keys of a reward-model leaf. */
  public record ModelLeaf(
      @Key(doc = "the reward model: a folder, a run, or an earlier stage") String model,
      @Key(def = "standardise", doc = "the scale of its scores") RewardModelScorer.Scale scale,
      @Key(def = "", doc = "preference or absolute, of a model with both") Optional<String> output,
      @Key(def = "reward", doc = "what metrics call it") String name,
      @Key(def = "", doc = "how its weights are kept; without it in the precision of --dtype")
          Optional<WeightFormat> weights)
      implements Leaf {
    @Override
    public Scorer build(String unique, LeafContext context) {
      return new RewardModelScorer(
          unique,
          context.models().apply(model),
          output,
          scale,
          ROWS_PER_BATCH,
          weights,
          context.bases());
    }
  }

  /** The keys of a gold leaf. */
  public record GoldLeaf(@Key(doc = "the world whose gold quality it is") World gold)
      implements Leaf {
    @Override
    public String name() {
      return "gold";
    }

    @Override
    public Scorer build(String unique, LeafContext context) {
      return switch (gold) {
        case CLINIC ->
            completions ->
                Scores.of(
                    unique, completions.stream().mapToDouble(ScoreTree::clinicQuality).toArray());
      };
    }
  }

  /** Worlds with a gold quality. */
  public enum World {
    /** Doctor-patient dialogues. */
    CLINIC
  }

  /**
   * Builds the scorer that {@code tree} describes; the caller closes it.
   *
   * @param models finds the folder of a model that the tree names
   * @param bases models read so far, whose weights are shared
   * @param others kinds of leaves besides the built-in ones
   */
  public static Scorer build(
      ConfigTree tree, Function<String, Path> models, SharedBases bases, List<LeafKind> others) {
    return read(tree, others).build(new Part.Names(), new LeafContext(models, bases));
  }

  /** As above, with the built-in kinds of leaves. */
  public static Scorer build(ConfigTree tree, Function<String, Path> models, SharedBases bases) {
    return build(tree, models, bases, List.of());
  }

  /** As above, sharing weights within the tree only. */
  public static Scorer build(ConfigTree tree, Function<String, Path> models) {
    try (SharedBases bases = new SharedBases()) {
      return build(tree, models, bases);
    }
  }

  private static Part read(ConfigTree tree, List<LeafKind> others) {
    return new TreeReader(Stream.concat(others.stream(), KINDS.stream()).toList()).read(tree);
  }

  /**
   * Checks a tree without building it.
   *
   * @return the reward models that it names, in the order of the leaves
   * @throws InputException naming the first wrong key
   */
  public static List<String> check(ConfigTree tree, List<LeafKind> others) {
    return models(tree, others).stream().map(ModelLeaf::model).toList();
  }

  /** As above, with the built-in kinds of leaves. */
  public static List<String> check(ConfigTree tree) {
    return check(tree, List.of());
  }

  /** As {@link #check(ConfigTree, List)}; the leaves that are models. */
  public static List<ModelLeaf> models(ConfigTree tree, List<LeafKind> others) {
    return read(tree, others)
        .leaves()
        .filter(ModelLeaf.class::isInstance)
        .map(ModelLeaf.class::cast)
        .toList();
  }

  /** As above, with the built-in kinds of leaves. */
  public static List<ModelLeaf> models(ConfigTree tree) {
    return models(tree, List.of());
  }

  /** As {@link #check(ConfigTree, List)}; the language models that leaves ask. */
  public static List<String> languageModels(ConfigTree tree, List<LeafKind> others) {
    return read(tree, others).leaves().flatMap(leaf -> leaf.languageModels().stream()).toList();
  }

  /** As {@link #check(ConfigTree, List)}; the models whose tokenizers count lengths. */
  public static List<String> tokenizers(ConfigTree tree, List<LeafKind> others) {
    return read(tree, others).tokenizers().toList();
  }

  /**
   * The Markdown tables of the keys of every leaf, node and shaper: {@code leaf-regex} and so on.
   */
  public static Map<String, String> keyTables(List<LeafKind> others) {
    Map<String, String> tables = new LinkedHashMap<>();
    parts(others).forEach((name, keys) -> tables.put(name, Config.table(keys)));
    return tables;
  }

  /** The keys of every leaf, node and shaper, by the same names: configuration records. */
  public static Map<String, Class<?>> parts(List<LeafKind> others) {
    Map<String, Class<?>> parts = new LinkedHashMap<>();
    Stream.concat(KINDS.stream(), others.stream())
        .forEach(kind -> parts.put("leaf-" + kind.key(), kind.keys()));
    for (Nodes.Combine combine : Nodes.Combine.values()) {
      parts.put("node-" + combine.label(), combine.keys());
    }
    Shapers.keys().forEach((name, keys) -> parts.put("shape-" + name, keys));
    return parts;
  }

  /** The JSON schema of a tree: its form is called {@code score}. */
  public static ObjectNode schema(SchemaWriter writer, List<LeafKind> others) {
    Map<String, ObjectNode> kinds = new LinkedHashMap<>();
    ObjectNode shape = writer.define("shape", () -> Shapers.schema(writer));
    kinds.put(
        "combine",
        writer.define(
            "node",
            () -> {
              Map<String, ObjectNode> nodes = new LinkedHashMap<>();
              for (Nodes.Combine combine : Nodes.Combine.values()) {
                nodes.put(
                    combine.label(),
                    writer.define(
                        "node-" + combine.label(), () -> part(writer, combine.keys(), shape)));
              }
              return SchemaWriter.byValue("combine", nodes);
            }));
    Stream.concat(others.stream(), KINDS.stream())
        .forEach(
            kind ->
                kinds.put(
                    kind.key(),
                    writer.define("leaf-" + kind.key(), () -> part(writer, kind.keys(), shape))));
    return SchemaWriter.byKey(kinds);
  }

  private static ObjectNode part(SchemaWriter writer, Class<?> keys, ObjectNode shape) {
    ObjectNode schema = writer.keys(keys);
    schema.withObject("/properties").set("shape", shape);
    return schema;
  }

  private static double clinicQuality(Completion completion) {
    try {
      return Clinic.quality(completion.prompt(), completion.response());
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "gold: clinic: " + e.getMessage() + "; only prompts of 'format: clinic' have one", e);
    }
  }
}
