package plumbline.cli;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.config.Nearest;
import plumbline.data.Judgment;
import plumbline.data.format.JudgmentFiles;
import plumbline.data.format.PromptFacts;
import plumbline.eval.Bootstrap;

/** Which verdicts are counted. */
final class JudgmentOptions {
  @Option(
      names = "--annotations",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description =
          "Judges' verdicts: AlpacaEval annotations, FastChat reviews or judgments, PandaLM, Tülu or"
              + " LLMBar judges, or Plumbline's own rows. Several are read as one.")
  private List<Path> files;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      arity = "1..*",
      description =
          "What the prompts are about: rows of a prompt with dataset, category or language, or"
              + " {dataset: {prompt: category}}.")
  private List<Path> prompts = List.of();

  @Option(
      names = "--judge",
      paramLabel = "NAME",
      description = "Count only this judge's verdicts; default: all, averaged per prompt.")
  private String judge;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the bootstrap's draws; default: 1.")
  long seed = 1;

  Bootstrap bootstrap() {
    return new Bootstrap(seed);
  }

  /** All verdicts wanted, with what is known of their prompts. */
  List<Judgment> read(Console console) {
    List<Judgment> judgments = JudgmentFiles.read(files);
    if (judge != null) {
      List<String> known = judgments.stream().map(Judgment::judge).distinct().sorted().toList();
      judgments = judgments.stream().filter(j -> j.judge().equals(judge)).toList();
      if (judgments.isEmpty()) {
        throw new InputException(
            "--judge "
                + judge
                + ": none of the verdicts is its; judges: "
                + String.join(", ", known)
                + Nearest.to(judge, known).map(n -> "; did you mean '" + n + "'?").orElse(""));
      }
    }
    return prompts.isEmpty() ? judgments : joined(judgments, console);
  }

  private List<Judgment> joined(List<Judgment> judgments, Console console) {
    return PromptFacts.read(prompts)
        .join(
            judgments,
            missing ->
                console.warn(
                    missing
                        + " of "
                        + judgments.size()
                        + " verdicts: --prompts has no such prompt"));
  }
}
