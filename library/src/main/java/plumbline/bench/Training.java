package plumbline.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import plumbline.config.Config;
import plumbline.data.Demonstration;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.TemporaryFolder;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.DpoTrainer;
import plumbline.dpo.TokenPair;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelConfig;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.rewardmodel.RewardConfig;
import plumbline.rewardmodel.RewardRows;
import plumbline.rewardmodel.RewardTrainer;
import plumbline.sft.SftConfig;
import plumbline.sft.SftTrainer;
import plumbline.text.DialogueEncoder;
import plumbline.train.RunDirectory;

/** Updates of the trainers that learn from rows which are there before. */
final class Training {
  static final String LENGTHS = "{max_prompt_tokens: 100000, max_response_tokens: 100000}";

  private static final int RANK = 16;
  private static final Lora LORA = Lora.of(RANK, 2 * RANK, LoraTargets.allLinear());

  private Training() {}

  // ---- what all of them need

  /** Where a training writes, and the text that it reads. */
  record Place(TemporaryFolder folder, DialogueEncoder text, RunDirectory run)
      implements AutoCloseable {
    @Override
    public void close() {
      run.close();
      text.tokenizer().close();
      folder.close();
    }
  }

  static Place place(ModelConfig shape) {
    TemporaryFolder folder = TemporaryFolder.create("plumbline-bench");
    return new Place(
        folder,
        Words.encoder(folder.path(), shape.vocabularySize()),
        RunDirectory.start(folder.path().resolve("run"), "bench", "bench", 1, "{}\n"));
  }

  static <T extends Record> T config(Class<T> type, String yaml) {
    return Config.parse(yaml, "bench").bind(type);
  }

  /** The key of an adapter over every linear layer. */
  static String adapter(boolean wanted) {
    return wanted ? ", lora: {r: %d, alpha: %d}".formatted(RANK, 2 * RANK) : "";
  }

  /** The weights of a model with a head. */
  static long count(ModelConfig shape, Head head) {
    return Stream.of(shape.shapes(), head.shapes(shape))
        .flatMap(shapes -> shapes.values().stream())
        .mapToLong(sizes -> Arrays.stream(sizes).reduce(1, Math::multiplyExact))
        .sum();
  }

  /** One pass forward and back and one step, of all weights or of an adapter. */
  static Work work(ModelConfig shape, Head head, Work forward, int[] rows, boolean lora) {
    long tokens = IntStream.of(rows).sum();
    return lora
        ? Work.training(forward, true)
            .plus(Work.adapter(shape, RANK, tokens))
            .plus(Work.optimizer(Work.adapterWeights(shape, RANK)))
        : Work.training(forward, false).plus(Work.optimizer(count(shape, head)));
  }

  // ---- supervised fine-tuning

  /** Every token but the first is learnt. */
  static Measured sft(Load load, BenchSettings settings) {
    ModelConfig shape = load.config(settings);
    int[] responses = load.responses(settings, 0);
    List<int[]> prompts = Load.tokens(load.prompts(settings), shape.vocabularySize(), 1);
    List<Demonstration> rows = new ArrayList<>();
    List<int[]> words = Load.tokens(withoutEnd(responses), shape.vocabularySize(), 2);
    for (int i = 0; i < load.rows(); i++) {
      rows.add(new Demonstration(Prompt.of(Words.text(prompts.get(i))), Words.text(words.get(i))));
    }
    SftConfig config =
        config(
            SftConfig.class,
            "{model: bench, data: bench, rows_per_update: %d, rows_per_micro_batch: %d, %s}"
                .formatted(load.rows(), load.rows(), common(settings)));
    Laps laps = new Laps(settings.warmup());
    try (Place place = place(shape);
        Transformer model = Transformer.random(shape, EnumSet.of(Head.LANGUAGE), 1)) {
      SftTrainer.train(model, place.text(), rows, List.of(), config, 1, place.run(), laps);
    }
    int[] whole = sum(load.prompts(settings), responses);
    Work forward = Work.forward(shape, whole, IntStream.of(responses).sum(), true);
    double tokens = IntStream.of(whole).sum();
    Head head = Head.LANGUAGE;
    return new Measured(laps, tokens, work(shape, head, forward, whole, false), count(shape, head));
  }

  // ---- reward models

  /** Pairs whose two rows each hold the prompt. */
  static Measured reward(Load load, BenchSettings settings) {
    ModelConfig shape = load.config(settings);
    List<PreferencePair> pairs = new ArrayList<>();
    List<int[]> prompts = Load.tokens(load.prompts(settings), shape.vocabularySize(), 1);
    List<List<int[]>> sides = new ArrayList<>();
    for (int side = 0; side < 2; side++) {
      int[] lengths = withoutEnd(load.responses(settings, side));
      sides.add(Load.tokens(lengths, shape.vocabularySize(), 2L + side));
    }
    for (int i = 0; i < load.rows(); i++) {
      pairs.add(
          new PreferencePair(
              Prompt.of(Words.text(prompts.get(i))),
              Words.text(sides.get(0).get(i)),
              Words.text(sides.get(1).get(i))));
    }
    RewardConfig config =
        config(
            RewardConfig.class,
            "{model: bench, data: bench, keep: last, rows_per_update: %d, rows_per_micro_batch: %d, %s}"
                .formatted(load.rows(), load.rows(), common(settings)));
    Laps laps = new Laps(settings.warmup());
    try (Place place = place(shape);
        Transformer model = Transformer.random(shape, EnumSet.of(Head.SCORE), 1)) {
      RewardRows rows = RewardRows.ofPairs(pairs);
      RewardTrainer.train(model, place.text(), rows, RewardRows.NONE, config, 1, place.run(), laps);
    }
    int[] chosen = sum(load.prompts(settings), load.responses(settings, 0));
    int[] rejected = sum(load.prompts(settings), load.responses(settings, 1));
    int[] all = IntStream.concat(IntStream.of(chosen), IntStream.of(rejected)).toArray();
    Work forward = Work.forward(shape, all, all.length, false);
    Head head = Head.SCORE;
    return new Measured(
        laps, load.rows(), work(shape, head, forward, all, false), count(shape, head));
  }

  // ---- preferences without a reward model

  /** All weights trained, against the model before training. */
  static Measured dpoFull(Load load, BenchSettings settings) {
    return dpo(load, settings, false);
  }

  /** An adapter trained, against the model below it. */
  static Measured dpoLora(Load load, BenchSettings settings) {
    return dpo(load, settings, true);
  }

  private static Measured dpo(Load load, BenchSettings settings, boolean lora) {
    ModelConfig shape = load.config(settings);
    Set<Head> heads = EnumSet.of(Head.LANGUAGE);
    List<int[]> prompts = Load.tokens(load.prompts(settings), shape.vocabularySize(), 1);
    List<int[]> chosen = Load.tokens(load.responses(settings, 0), shape.vocabularySize(), 2);
    List<int[]> rejected = Load.tokens(load.responses(settings, 1), shape.vocabularySize(), 3);
    List<TokenPair> pairs =
        IntStream.range(0, load.rows())
            .mapToObj(
                i ->
                    new TokenPair(
                        new TokenizedRow(prompts.get(i), chosen.get(i)),
                        new TokenizedRow(prompts.get(i), rejected.get(i)),
                        0))
            .toList();
    Laps laps;
    try (Transformer start = Transformer.random(shape, heads, 1);
        Transformer policy = lora ? start.withAdapter(LORA, heads, 2) : start.copy()) {
      // The reference is asked once before training: that one time is to be warm.
      laps(policy, pairs, config(load, lora, settings.warmup()), shape, 0);
      int steps = settings.warmup() + settings.repeats();
      laps = laps(policy, pairs, config(load, lora, steps), shape, settings.warmup());
    }
    laps.addPreparation();
    int[] rows = load.prompts(settings);
    long drawn = 0;
    for (int side = 0; side < 2; side++) {
      int[] responses = load.responses(settings, side);
      rows = sum(rows, responses);
      drawn += IntStream.of(responses).sum();
    }
    Work forward = Work.forward(shape, rows, drawn, true);
    Work all = forward.plus(work(shape, Head.LANGUAGE, forward, rows, lora));
    return new Measured(laps, load.rows(), all, count(shape, Head.LANGUAGE));
  }

  private static DpoConfig config(Load load, boolean lora, int steps) {
    return config(
        DpoConfig.class,
        "{model: bench, data: bench, pairs_per_update: %d, pairs_per_micro_batch: %d, epochs: %d, lengths: %s, optimizer: {lr: 1e-5}%s}"
            .formatted(load.rows(), load.rows(), steps, LENGTHS, adapter(lora)));
  }

  private static Laps laps(
      Transformer policy, List<TokenPair> pairs, DpoConfig config, ModelConfig shape, int warmup) {
    try (Place place = place(shape)) {
      DpoTrainer.Reference before =
          new DpoTrainer.Reference(Optional.empty(), place.folder().path(), "bench");
      Laps laps = new Laps(warmup);
      DpoTrainer.train(policy, before, pairs, List.of(), config, 1, place.run(), laps);
      return laps;
    }
  }

  private static String common(BenchSettings settings) {
    return "epochs: %d, lengths: %s, optimizer: {lr: 1e-5}"
        .formatted(settings.warmup() + settings.repeats(), LENGTHS);
  }

  private static int[] withoutEnd(int[] lengths) {
    return IntStream.of(lengths).map(length -> length - 1).toArray();
  }

  private static int[] sum(int[] some, int[] others) {
    return IntStream.range(0, some.length).map(i -> some[i] + others[i]).toArray();
  }
}
