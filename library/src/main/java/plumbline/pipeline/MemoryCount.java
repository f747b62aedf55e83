package plumbline.pipeline;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.config.ConfigTree;
import plumbline.model.Footprint;
import plumbline.model.Generator;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.MicroBatches;
import plumbline.model.ModelConfig;
import plumbline.model.SharedBases;
import plumbline.model.WeightFormat;
import plumbline.pipeline.StageMemory.Item;
import plumbline.score.ScoreTree;
import plumbline.tensor.Engine;
import plumbline.train.Logprobs;

/** Counts what a stage holds in memory, part by part. */
final class MemoryCount {
  /** The phase of sampling; a stage whose models sample in turn names its own. */
  static final String SAMPLE = "sample";

  /** Rows that are sampled at a time where nothing else says. */
  private static final int SAMPLED_ROWS = 64;

  /** Rows that are scored at a time. */
  private static final int SCORED_ROWS = 64;

  private static final String TRAIN = "train";

  /** The Java machine, libtorch and a tokenizer before the first model: measured, about. */
  private static final long PROCESS_BYTES = 400L << 20;

  /** What malloc holds back beside the tensors in use: measured on one model of eight blocks. */
  private static final long MALLOC_BYTES = 200L << 20;

  /** Log-softmax, which its gradient overwrites, beside the logits themselves. */
  private static final int LOGIT_COPIES = 2;

  /** Float64 probabilities and their sums beside the logits of a step of sampling. */
  private static final int SAMPLING_COPIES = 6;

  private final PlannedModels models;
  private final int bytesPerNumber;
  private final List<Item> items = new ArrayList<>();
  private final Set<Kept> loaded = new HashSet<>();
  private long matrixMadeFloat;

  /** Weights that are in memory once: see {@link SharedBases}. */
  private record Kept(String model, WeightFormat format) {}

  MemoryCount(PlannedModels models, int bytesPerNumber) {
    this.models = models;
    this.bytesPerNumber = bytesPerNumber;
    add("process", StageMemory.ALWAYS, PROCESS_BYTES, false);
    add("malloc's reserve", StageMemory.ALWAYS, MALLOC_BYTES, false);
  }

  /** All that was counted. */
  List<Item> items() {
    List<Item> all = new ArrayList<>(items);
    if (matrixMadeFloat > 0) {
      all.add(new Item("a matrix made float", StageMemory.ALWAYS, matrixMadeFloat, false));
    }
    return List.copyOf(all);
  }

  /** The models so far are closed before the next ones come. */
  void unload() {
    loaded.clear();
  }

  /** A model as it is used: of its own weights, or an adapter over a base. */
  void model(String label, String phase, String name, Head head, Optional<WeightFormat> format) {
    PlannedModels.Source source = models.source(name);
    if (source.lora().isEmpty()) {
      base(label, phase, name, head, format);
    } else {
      base("base of " + label, phase, source.base(), Head.LANGUAGE, format);
      long bytes = footprint(source.shape(), head).trained(source.lora());
      add(label, phase, bytes, true);
    }
  }

  /** Weights that lie in memory once, an adapter merged into them. */
  void base(String label, String phase, String name, Head head, Optional<WeightFormat> format) {
    PlannedModels.Source source = models.source(name);
    WeightFormat kept = format.orElseGet(WeightFormat::ofEngine);
    if (loaded.add(new Kept(source.key(), kept))) {
      Footprint model = footprint(source.shape(), head);
      add(label, phase, model.weights(kept), true);
      if (kept != WeightFormat.FLOAT32) {
        matrixMadeFloat = Math.max(matrixMadeFloat, model.largestMatrix());
      }
    }
  }

  /** What is trained, its gradients and AdamW's two moments. */
  void training(String whose, Footprint model, Optional<Lora> lora) {
    long trained = model.trained(lora);
    String own = lora.isPresent() ? "adapter" : "weights";
    add(whose + own, StageMemory.ALWAYS, trained, true);
    add(whose + "gradients", StageMemory.ALWAYS, trained, true);
    add(whose + "optimizer", StageMemory.ALWAYS, 2 * trained, true);
    if (Engine.threads() > 1) {
      long apart = Math.min(trained, model.gradientsApart());
      add(whose + "gradients of each thread", TRAIN, Engine.threads() * apart, false);
    }
    if (lora.isEmpty() && WeightFormat.ofEngine() == WeightFormat.BFLOAT16) {
      long rounded = model.blockMatrices() * Short.BYTES;
      add(whose + "weights in bfloat16", TRAIN, rounded, false);
    }
  }

  /** What the forward passes of an update keep. */
  void update(String whose, Footprint model, MemorySettings settings, long tokens) {
    boolean adapted = settings.lora().isPresent();
    long rows = rowsAtATime(settings.rows(), tokens, adapted);
    long bytes = model.activations(rows, tokens, settings.checkpointed());
    add(whose + "activations", TRAIN, bytes, false);
    if (settings.lora().isPresent()) {
      Lora lora = settings.lora().get();
      long more = model.adapterActivations(rows, tokens, lora, settings.checkpointed());
      add(whose + "adapter's activations", TRAIN, more, false);
    }
  }

  /** Rows that all threads together compute at a time. */
  private static long rowsAtATime(int rows, long tokens, boolean adapted) {
    return Engine.threads() * MicroBatches.mostRows(rows, tokens, adapted);
  }

  /**
   * Logits of an update.
   *
   * @param tokens of a row that counts
   * @param positions of a row that are learnt
   */
  void logits(Footprint model, MemorySettings settings, long tokens, long positions) {
    int vocabulary = model.config().vocabularySize();
    long ofPart =
        MicroBatches.mostRows(settings.rows(), tokens, settings.lora().isPresent()) * positions;
    int trained = settings.lora().isPresent() ? 0 : model.config().hiddenSize();
    long atATime = Logprobs.positionsAtATime(ofPart, vocabulary, trained);
    long bytes = model.logits(atATime, LOGIT_COPIES);
    add("logits", TRAIN, Engine.threads() * bytes, false);
  }

  /** What samples: the rows of a batch, the longest prompt and response, the copy's format. */
  record Samples(
      long rows,
      int prompt,
      int response,
      Optional<WeightFormat> kept,
      Optional<WeightFormat> copy) {

    /** Of a stage that says no more: as many rows as usual, by a copy that is not rounded. */
    static Samples of(int prompt, int response, Optional<WeightFormat> kept) {
      return new Samples(SAMPLED_ROWS, prompt, response, kept, Optional.empty());
    }
  }

  /** Responses of a model, some rows at a time. */
  void sampling(String phase, String name, Samples samples) {
    sampling(phase, language(shape(name)), samples);
  }

  /** As above. */
  void sampling(String phase, Footprint model, Samples samples) {
    long rows = samples.rows;
    long prompts =
        Math.min(rows, Engine.threads() * Generator.promptsAtATime(rows, samples.prompt));
    add("copy that samples", phase, model.samplingCopy(samples.kept, samples.copy), false);
    add("kv cache", phase, model.keyValueCache(rows, samples.prompt + samples.response), true);
    add("prompts' pass", phase, model.passing(prompts, samples.prompt), false);
    add("sampled logits", phase, model.logits(rows, SAMPLING_COPIES), false);
  }

  /** The models of a score tree, and their passes. */
  void scorers(ConfigTree tree, int tokens) {
    for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
      String name = leaf.model();
      model("reward model " + name, StageMemory.ALWAYS, name, Head.SCORE, leaf.weights());
      scoring("score", name, Head.SCORE, tokens);
    }
    for (String name : ScoreTree.languageModels(tree, Plan.LEAVES)) {
      model("scoring model " + name, StageMemory.ALWAYS, name, Head.LANGUAGE, Optional.empty());
      scoring("score", name, Head.LANGUAGE, tokens);
    }
  }

  /** A model's pass over what is scored. */
  void scoring(String phase, String name, Head head, int tokens) {
    long rows = rowsAtATime(SCORED_ROWS, tokens, false);
    add("scoring by " + name, phase, footprint(shape(name), head).passing(rows, tokens), false);
  }

  void add(String name, String phase, long bytes, boolean exact) {
    items.add(new Item(name, phase, bytes, exact));
  }

  Footprint language(ModelConfig shape) {
    return footprint(shape, Head.LANGUAGE);
  }

  Footprint footprint(ModelConfig shape, Head head) {
    return new Footprint(shape, Set.of(head), bytesPerNumber);
  }

  ModelConfig shape(String name) {
    return models.source(name).shape();
  }
}
