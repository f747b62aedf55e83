package plumbline.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Plot;

/** How the scores of policies' answers lie: a box for each policy, by each leaf of the tree. */
final class ComparedScores {
  private ComparedScores() {}

  /**
   * @param before the model before alignment
   * @param after the policies by name
   */
  static List<Figure> figures(Answers before, Map<String, Answers> after) {
    List<Figure> figures = new ArrayList<>();
    for (String leaf : before.leaves().keySet()) {
      List<Plot.Spread> boxes = new ArrayList<>();
      boxes.add(Plot.Spread.of("before", before.leaves().get(leaf)));
      after.forEach((name, answers) -> boxes.add(Plot.Spread.of(name, answers.leaves().get(leaf))));
      figures.add(
          Figure.of(
                  "scores-" + leaf.replaceAll("[^\\w.-]", "-"),
                  "Scores of the policies' answers by " + leaf,
                  new Plot.Box(leaf, boxes))
              .noted("Raw scores. Box: middle half; line: median; diamond: mean; dots: outliers."));
    }
    return figures;
  }

  /** A policy's numbers by prompt, so that any two policies can be compared prompt by prompt. */
  static List<Items> items(String name, Answers answers, Optional<double[]> kl) {
    return EvaluationExhibits.items(
        name,
        answers.gold().isPresent() ? "gold" : "reward model",
        answers.completions().stream().map(c -> c.prompt().transcript()).toList(),
        new EvaluationExhibits.Answered(
            answers.judged(),
            answers.rewards(),
            answers.rollouts().stream().mapToDouble(r -> r.tokens().response().length).toArray()),
        kl);
  }
}
