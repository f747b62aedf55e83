package plumbline.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.config.Key;
import plumbline.data.Judgment;
import plumbline.data.format.JudgmentFiles;
import plumbline.data.format.PromptFacts;
import plumbline.eval.Match;
import plumbline.eval.Slice;
import plumbline.judge.Budget;

/** Win rates of verdicts that are there already, such as a publication's own. */
final class VerdictsStage {
  /** The keys of a stage of verdicts. */
  record Config(
      @Key(doc = "files of judges' verdicts, in any form that 'eval winrate' reads; read as one")
          List<Path> files,
      @Key(
              def = "[]",
              doc = "files that say what the prompts are about, as 'eval winrate --prompts'")
          List<Path> prompts,
      @Key(def = "", doc = "tables of slices; without it all of them") List<Slice> by) {
    Config {
      by = by.isEmpty() ? List.of(Slice.values()) : by;
      if (files.isEmpty()) {
        throw new IllegalArgumentException("'files' names no file of verdicts");
      }
    }
  }

  private VerdictsStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    config.files().forEach(file -> plan.checkFile("files", file.toString()));
    config.prompts().forEach(file -> plan.checkFile("prompts", file.toString()));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    config.files().forEach(context.run()::readsData);
    config.prompts().forEach(context.run()::readsData);
    List<Judgment> read = JudgmentFiles.read(config.files());
    List<Judgment> judgments =
        config.prompts().isEmpty()
            ? read
            : PromptFacts.read(config.prompts())
                .join(
                    read,
                    missing ->
                        context
                            .run()
                            .warn(
                                "prompts: %d of %d verdicts are on prompts that they do not have"
                                    .formatted(missing, read.size())));
    TournamentSummary summary =
        TournamentSummary.of(judgments, config.by(), context.seed(), context.run()::warn);
    List<Match> matches =
        summary.comparisons().stream().flatMap(pair -> pair.matches().stream()).toList();
    long prompts = matches.stream().map(Match::promptId).distinct().count();
    context
        .run()
        .summary(
            summary.json(
                Math.toIntExact(prompts),
                summary.tournament().models(),
                new Budget(OptionalDouble.empty())));
    context.run().exhibits(TournamentExhibits.of(summary));
  }
}
