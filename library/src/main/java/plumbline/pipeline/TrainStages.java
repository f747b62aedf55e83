package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import plumbline.InputException;
import plumbline.data.Prompt;
import plumbline.eval.Interval;
import plumbline.model.Head;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.train.Progress;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/** What the stages that train share: responses to sample, models to write. */
final class TrainStages {
  private TrainStages() {}

  /**
   * Writes what was trained: an adapter that names the model it began with, or a whole model.
   *
   * @param heads those that are written
   * @param start the folder that training began with
   */
  static void save(
      TextModel text, Transformer trained, Set<Head> heads, Path start, StageContext context) {
    save(text, trained, heads, start, context.run().model(), context);
  }

  /** As above, to another folder than the run's. */
  static void save(
      TextModel text,
      Transformer trained,
      Set<Head> heads,
      Path start,
      Path target,
      StageContext context) {
    if (!context.run().writes()) {
      return;
    }
    if (trained.adapter().isPresent()) {
      text.saveAdapter(trained, heads, nameOfBase(start, target, context), target);
    } else if (trained.heads().equals(heads)) {
      text.save(trained, target);
    } else {
      try (Transformer plain = trained.withHeads(heads, context.seed())) {
        text.save(plain, target);
      }
    }
  }

  /** Relative within the pipeline's folder, so that this can be moved; else absolute. */
  private static String nameOfBase(Path start, Path target, StageContext context) {
    Path out = context.out().toAbsolutePath().normalize();
    Path base = start.toAbsolutePath().normalize();
    return base.startsWith(out)
        ? target.toAbsolutePath().normalize().relativize(base).toString()
        : base.toString();
  }

  static ObjectNode put(ObjectNode node, Interval interval) {
    return node.put("mean", interval.mean())
        .put("low", interval.low())
        .put("high", interval.high());
  }

  /**
   * One response per prompt that is at most {@code maxPromptTokens} long; others are left out.
   *
   * @param label what the progress is called
   */
  static List<Rollout> sample(
      String label,
      TextModel model,
      List<Prompt> prompts,
      SamplingConfig sampling,
      int maxPromptTokens,
      StageContext context) {
    List<Prompt> kept = new ArrayList<>();
    List<int[]> ids = new ArrayList<>();
    for (Prompt prompt : prompts) {
      int[] tokens = model.text().prompt(prompt);
      if (tokens.length <= maxPromptTokens) {
        kept.add(prompt);
        ids.add(tokens);
      }
    }
    if (kept.size() < prompts.size()) {
      context
          .run()
          .warn(
              (prompts.size() - kept.size())
                  + " of "
                  + prompts.size()
                  + " prompts are longer than "
                  + maxPromptTokens
                  + " tokens and got no response");
    }
    List<Rollout> rollouts = new ArrayList<>();
    int batches = (kept.size() + ROWS_PER_BATCH - 1) / ROWS_PER_BATCH;
    try (Progress.Task task = context.progress().start(label, batches);
        Transformer copy = sampling.copyOf(model.transformer())) {
      for (int from = 0; from < kept.size(); from += ROWS_PER_BATCH) {
        int to = Math.min(kept.size(), from + ROWS_PER_BATCH);
        long[] seeds =
            LongStream.range(from, to).map(row -> Rollout.seed(context.seed(), 0, row)).toArray();
        rollouts.addAll(
            Rollout.sample(
                copy,
                model.text(),
                kept.subList(from, to),
                ids.subList(from, to),
                seeds,
                sampling.sampling(),
                ROWS_PER_BATCH));
        task.step("");
      }
    }
    return rollouts;
  }

  private static final int ROWS_PER_BATCH = 64;

  static void checkContext(TextModel model, int tokens) {
    contextProblem(model.transformer().config().maxPositions(), tokens)
        .ifPresent(
            problem -> {
              throw new InputException(problem);
            });
  }

  /** What is wrong if rows may have more tokens than a model's context. */
  static Optional<String> contextProblem(int context, int tokens) {
    return tokens <= context
        ? Optional.empty()
        : Optional.of(
            "rows may have "
                + tokens
                + " tokens (prompt and response limits together), the model's context is "
                + context
                + "; lower lengths.max_prompt_tokens, lengths.max_response_tokens or"
                + " sampling.max_new_tokens");
  }
}
