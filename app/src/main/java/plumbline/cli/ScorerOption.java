package plumbline.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.model.SharedBases;
import plumbline.pipeline.Leaves;
import plumbline.pipeline.MeasuredModels;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;

/** What scores responses; a command takes it as a {@code @Mixin}. */
final class ScorerOption {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description = "A reward model as 'score' takes it, or a YAML file with a reward tree.")
  private String given;

  /** What results call it: the last part of what was given. */
  String name() {
    return name(given);
  }

  /** What results call a model or a file with a reward tree, if nobody says otherwise. */
  static String name(String place) {
    Path path = Path.of(place).normalize();
    boolean ofRun = path.endsWith("model") && path.getParent() != null;
    Path last = ofRun ? path.getParent().getFileName() : path.getFileName();
    return (last == null ? path : last).toString().replaceFirst("\\.ya?ml$", "");
  }

  /**
   * The scorer; a model by itself gives raw scores.
   *
   * @throws plumbline.InputException if there is none, or the tree is wrong
   */
  Scorer open(Console console, SharedBases bases) {
    return ScoreTree.build(
        tree(given, "raw"), model -> ModelArgument.folder(console, model), bases, Leaves.ALL);
  }

  /**
   * The reward tree of a YAML file, or that of a model by itself.
   *
   * @param scale of the scores of a model by itself
   */
  static ConfigTree tree(String place, String scale) {
    if (!place.endsWith(".yaml") && !place.endsWith(".yml")) {
      return MeasuredModels.leaf(place, scale);
    }
    ConfigTree tree = Config.read(Path.of(place));
    return tree.has("score") ? tree.get("score") : tree;
  }
}
