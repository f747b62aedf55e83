package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.eval.LearningCurve;
import plumbline.eval.RewardEvaluation;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.ScoreConsistency;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;
import plumbline.train.Progress;

/** Puts the reward models that a command or a stage names before the measuring of them. */
public final class MeasuredModels {
  private static final ObjectMapper JSON = new ObjectMapper();

  private MeasuredModels() {}

  /**
   * The reward tree of one model by itself.
   *
   * @param model a folder, a run, or an earlier stage
   * @param scale of its scores, as a tree writes it
   */
  public static ConfigTree leaf(String model, String scale) {
    ObjectNode leaf = JSON.createObjectNode().put("model", model).put("scale", scale);
    return Config.parse(leaf.toString(), model);
  }

  /** Every model of a list by name as a tree; one that is named alone is on {@code scale}. */
  static Map<String, ConfigTree> trees(ConfigTree models, String scale) {
    Map<String, ConfigTree> trees = new LinkedHashMap<>();
    for (String name : models.keys()) {
      ConfigTree given = models.get(name);
      trees.put(name, given.isMap() ? given : leaf(given.text(), scale));
    }
    return trees;
  }

  /**
   * Measures a tree; its models are in memory only meanwhile.
   *
   * @param name what the result calls it
   * @param folders finds the folder of a model that the tree names
   * @param bases models read so far, whose weights are shared
   */
  public static void measure(
      RewardEvaluation evaluation,
      String name,
      ConfigTree tree,
      Function<String, Path> folders,
      SharedBases bases,
      Progress progress) {
    List<ScoreTree.ModelLeaf> leaves = ScoreTree.models(tree, Plan.LEAVES);
    Map<String, Double> padding = new LinkedHashMap<>();
    for (ScoreTree.ModelLeaf leaf : leaves) {
      Path folder = folders.apply(leaf.model());
      ofPadding(folder, leaf, evaluation.varied(), bases)
          .forEach((varied, difference) -> padding.merge(varied, difference, Math::max));
    }
    LearningCurve learned =
        leaves.size() == 1
            ? LearningCurve.ofModel(folders.apply(leaves.get(0).model()))
            : LearningCurve.none();
    try (Scorer scorer = ScoreTree.build(tree, folders, bases, Plan.LEAVES);
        Progress.Task task = progress.start(name, evaluation.answers())) {
      evaluation.add(
          name,
          scorer,
          padding,
          learned,
          scored -> {
            for (int i = 0; i < scored; i++) {
              task.step("");
            }
          });
    }
  }

  private static Map<String, Double> ofPadding(
      Path folder, ScoreTree.ModelLeaf leaf, List<Completion> rows, SharedBases bases) {
    try (TextModel model = TextModel.load(folder, Head.SCORE, leaf.weights(), bases)) {
      return ScoreConsistency.ofModel(model, rows);
    }
  }
}
