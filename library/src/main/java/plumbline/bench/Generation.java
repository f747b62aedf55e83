package plumbline.bench;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import plumbline.model.Generator;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.Sampling;
import plumbline.model.Transformer;
import plumbline.train.Progress;

/** Sampling from the full distribution, side by side, without a token that ends a response. */
final class Generation {
  private static final int NO_END = -1;

  private Generation() {}

  /** Rows of prompts, to each a response of {@link Load#response} tokens. */
  static Measured run(Load load, BenchSettings settings) {
    ModelConfig config = load.config(settings);
    int[] lengths = load.prompts(settings);
    List<int[]> prompts = Load.tokens(lengths, config.vocabularySize(), 1);
    Transformer random = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 1);
    long parameters = random.weights().count();
    try (Transformer model = random.intoSampling(settings.rollouts())) {
      Generator generator =
          new Generator(model, Sampling.full(load.response()), NO_END, load.rows());
      long[] seeds = new long[load.rows()];
      Laps laps = new Laps(settings.warmup());
      int repeats = settings.warmup() + settings.repeats();
      try (Progress.Task task = laps.start("generate", repeats)) {
        for (int repeat = 0; repeat < repeats; repeat++) {
          long first = (long) repeat * load.rows();
          Arrays.setAll(seeds, row -> first + row);
          generator.generate(prompts, seeds);
          task.step("");
        }
      }
      return new Measured(
          laps,
          (double) load.rows() * load.response(),
          Work.generation(config, lengths, load.response(), settings.rollouts()),
          parameters);
    }
  }
}
