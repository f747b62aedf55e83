package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Completion;
import plumbline.model.SharedBases;
import plumbline.pipeline.Leaves;
import plumbline.score.BestOfN;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;

/** Best-of-n sampling; a command takes it as a {@code @Mixin}. */
final class BestOfOptions {
  @Option(
      names = "--best-of",
      paramLabel = "N",
      description =
          "Sample N responses for each that is asked for and keep the best; with --score.")
  private int n = 1;

  @Option(
      names = "--score",
      paramLabel = "TREE",
      description =
          "The reward tree that chooses: YAML such as '{model: runs/rm}', or a file that holds it.")
  private String score;

  /** Responses sampled for each that is asked for. */
  int candidates() {
    if (n < 1) {
      throw new InputException("--best-of is " + n + ", wanted >= 1");
    }
    if ((n > 1) != (score != null)) {
      throw new InputException(
          n > 1
              ? "--best-of " + n + " wants --score, the reward tree that chooses"
              : "--score chooses among responses; give their number with --best-of");
    }
    return n;
  }

  /**
   * The rows of the best.
   *
   * @param completions the candidates for each response side by side
   */
  int[] best(List<Completion> completions, SharedBases bases, Console console) {
    ConfigTree tree =
        Files.isRegularFile(Path.of(score))
            ? Config.read(Path.of(score))
            : Config.parse(score, "--score");
    try (Scorer scorer =
        ScoreTree.build(
            tree,
            name ->
                console
                    .models()
                    .find(name)
                    .orElseThrow(
                        () ->
                            new InputException(
                                "--score: there is no model '" + name + "'; wanted a folder")),
            bases,
            Leaves.ALL)) {
      return BestOfN.rows(scorer.score(completions).total(), n);
    }
  }
}
