package plumbline.bench;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;
import plumbline.ppo.PolicyTask;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.PpoTrainer;
import plumbline.score.RewardModelScorer;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.text.DialogueEncoder;

/**
 * Updates of PPO with a reference, a critic of its own and a reward model of the same shape: four
 * epochs, one optimizer step each, in micro-batches of four rows.
 */
final class PolicyUpdate {
  private static final int EPOCHS = 4;
  private static final int MICRO_BATCH = 4;

  private PolicyUpdate() {}

  /** All weights trained. */
  static Measured full(Load load, BenchSettings settings) {
    return run(load, settings, false);
  }

  /** An adapter of the policy and one of the critic trained. */
  static Measured lora(Load load, BenchSettings settings) {
    return run(load, settings, true);
  }

  private static Measured run(Load load, BenchSettings settings, boolean lora) {
    ModelConfig shape = load.config(settings);
    int[] lengths = load.prompts(settings);
    PpoConfig config =
        Training.config(
            PpoConfig.class,
            """
            {model: bench, data: bench, score: {model: bench}, steps: %d, prompts_per_update: %d,
            rows_per_micro_batch: %d, ppo_epochs: %d, sampling: {max_new_tokens: %d%s}, lengths: %s,
            optimizer: {lr: 1e-5}%s}"""
                .formatted(
                    settings.warmup() + settings.repeats(),
                    load.rows(),
                    MICRO_BATCH,
                    EPOCHS,
                    load.response(),
                    settings.rollouts().map(format -> ", weights: " + name(format)).orElse(""),
                    Training.LENGTHS,
                    Training.adapter(lora)));
    List<Prompt> prompts =
        Load.tokens(lengths, shape.vocabularySize(), 1).stream()
            .map(ids -> Prompt.of(Words.text(ids)))
            .toList();
    Laps laps = new Laps(settings.warmup());
    try (Training.Place place = Training.place(shape);
        Transformer start = Transformer.random(shape, EnumSet.of(Head.LANGUAGE), 1);
        Transformer judge = Transformer.random(shape, EnumSet.of(Head.SCORE), 2);
        PpoTrainer trainer =
            new PpoTrainer(
                start,
                place.text(),
                start,
                PolicyTask.of(prompts, scorer(judge, place.text(), load.rows())),
                config,
                1,
                place.run())) {
      trainer.run(place.run(), laps);
    }
    return new Measured(
        laps,
        load.rows(),
        work(shape, load, lengths, lora, settings),
        Training.count(shape, Head.LANGUAGE));
  }

  private static String name(WeightFormat format) {
    return format.name().toLowerCase(Locale.ROOT);
  }

  private static Scorer scorer(Transformer judge, DialogueEncoder text, int rowsPerBatch) {
    int context = judge.config().maxPositions();
    return completions -> {
      List<TokenizedRow> rows =
          completions.stream().map(each -> RewardModelScorer.row(text, each, context)).toList();
      return Scores.of("bench", RewardModelScorer.raw(judge, rows, rowsPerBatch));
    };
  }

  private static Work work(
      ModelConfig shape, Load load, int[] prompts, boolean lora, BenchSettings settings) {
    int[] rows = IntStream.of(prompts).map(prompt -> prompt + load.response()).toArray();
    long drawn = (long) load.rows() * load.response();
    Work policy = Work.forward(shape, rows, drawn, true);
    Work values = Work.forward(shape, rows, drawn, false);
    Work reward = Work.forward(shape, rows, rows.length, false);
    Work rollout = Work.generation(shape, prompts, load.response(), settings.rollouts());
    Work scores = reward.plus(policy).plus(values); // policy: the reference
    Work epoch =
        Training.work(shape, Head.LANGUAGE, policy, rows, lora)
            .plus(Training.work(shape, Head.VALUE, values, rows, lora));
    return rollout.plus(scores).plus(epoch.times(EPOCHS));
  }
}
