package plumbline.pipeline;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.config.ConfigTree;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.KtoConfig;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.hub.ModelFinder;
import plumbline.model.Footprint;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelConfig;
import plumbline.model.SharedBases;
import plumbline.model.WeightFormat;
import plumbline.pipeline.StageMemory.Item;
import plumbline.ppo.PpoConfig;
import plumbline.rewardmodel.RewardConfig;
import plumbline.score.ScoreTree;
import plumbline.sft.SftConfig;
import plumbline.train.Logprobs;
import plumbline.train.LoraConfig;

/**
 * The memory of a pipeline's stages, counted from its configuration and the models' {@code
 * config.json} before anything is loaded.
 */
final class MemoryPlan {
  /** The Java machine, libtorch and a tokenizer before the first model: measured, about. */
  static final long PROCESS_BYTES = 400L << 20;

  /** What malloc holds back beside the tensors in use: measured on one model of eight blocks. */
  private static final long MALLOC_BYTES = 200L << 20;

  private static final int SCORED_ROWS = 64;
  private static final int SAMPLED_ROWS = 64;

  /** Log-softmax and three gradients of its size beside the logits themselves. */
  private static final int LOGIT_COPIES = 4;

  /** Float64 probabilities and their sums beside the logits of a step of sampling. */
  private static final int SAMPLING_COPIES = 6;

  /** What a fresh {@code lora} block trains. */
  private static final Optional<Lora> LORA = Optional.of(Lora.of(8, 16, LoraTargets.allLinear()));

  private static final Optional<WeightFormat> INT8 = Optional.of(WeightFormat.INT8);

  private final PlannedModels models;
  private final int bytesPerNumber;
  private final long available;
  private List<Item> items = new ArrayList<>();
  private final Set<Kept> loaded = new HashSet<>();
  private long matrixMadeFloat;

  /** Weights that are in memory once: see {@link SharedBases}. */
  private record Kept(String model, WeightFormat format) {}

  /** What trades memory for time, or for what is trained. */
  private record Settings(
      int rows, boolean checkpointed, Optional<Lora> lora, Optional<WeightFormat> weights) {
    static Settings of(
        int rows, boolean checkpointed, Optional<LoraConfig> lora, Optional<WeightFormat> weights) {
      return new Settings(rows, checkpointed, lora.map(LoraConfig::lora), weights);
    }

    Settings with(int fewer, boolean recomputed) {
      return new Settings(fewer, recomputed, lora, weights);
    }

    /** Fewer rows first, which costs nothing but speed; then checkpointing; then both. */
    List<Settings> smaller() {
      List<Settings> all = new ArrayList<>();
      for (int fewer = rows / 2; fewer >= Math.max(1, rows / 4); fewer /= 2) {
        all.add(with(fewer, checkpointed));
      }
      for (int fewer = rows; fewer >= 1; fewer /= 2) {
        all.add(with(fewer, true));
      }
      return all;
    }

    /** {@link #smaller}; then with an adapter, which trains something else; then on 8 bits. */
    List<Settings> candidates() {
      List<Settings> all = new ArrayList<>(smaller());
      Settings adapter = new Settings(rows, checkpointed, lora.or(() -> LORA), weights);
      if (lora.isEmpty()) {
        all.add(adapter);
        all.addAll(adapter.smaller());
      }
      if (!weights.map(WeightFormat::isQuantised).orElse(false)) {
        Settings rounded = new Settings(rows, checkpointed, adapter.lora, INT8);
        all.add(rounded);
        all.addAll(rounded.smaller());
      }
      return all;
    }

    String words(String rowsKey, Settings before) {
      List<String> changes = new ArrayList<>();
      if (rows != before.rows) {
        changes.add(rowsKey + ": " + rows);
      }
      if (checkpointed != before.checkpointed) {
        changes.add("activation_checkpointing: true");
      }
      if (!lora.equals(before.lora)) {
        changes.add("lora: {}");
      }
      if (!weights.equals(before.weights)) {
        changes.add("weights: int8");
      }
      return String.join(" and ", changes);
    }
  }

  private interface Counter {
    void count(Settings settings);
  }

  /**
   * Starts before the first stage.
   *
   * @param bytesPerNumber 4 for float32, 8 for float64
   * @param available bytes that the process may hold
   * @param models finds models that no stage makes
   */
  MemoryPlan(int bytesPerNumber, long available, ModelFinder models) {
    this(bytesPerNumber, available, new PlannedModels(models));
  }

  MemoryPlan(int bytesPerNumber, long available, PlannedModels models) {
    this.models = models;
    this.bytesPerNumber = bytesPerNumber;
    this.available = available;
  }

  /** Counts the next stage. */
  StageMemory add(String stage, String kind, Record config) {
    if (config instanceof SftConfig sft) {
      Settings settings =
          Settings.of(
              sft.rowsPerMicroBatch(), sft.activationCheckpointing(), sft.lora(), sft.weights());
      models.make(stage, sft.model(), settings.lora);
      return trained(stage, kind, "rows_per_micro_batch", settings, s -> sft(sft, s));
    }
    if (config instanceof RewardConfig reward) {
      Settings settings =
          Settings.of(
              reward.rowsPerMicroBatch(),
              reward.activationCheckpointing(),
              reward.lora(),
              reward.weights());
      models.make(stage, reward.model(), settings.lora);
      models.learntFrom(stage, reward.lengths().maxTokens());
      return trained(stage, kind, "rows_per_micro_batch", settings, s -> reward(reward, s));
    }
    if (config instanceof DpoConfig dpo) {
      Settings settings =
          Settings.of(
              dpo.pairsPerMicroBatch(), dpo.activationCheckpointing(), dpo.lora(), dpo.weights());
      models.make(stage, dpo.model(), settings.lora);
      return trained(stage, kind, "pairs_per_micro_batch", settings, s -> dpo(dpo, s));
    }
    if (config instanceof KtoConfig kto) {
      Settings settings =
          Settings.of(
              kto.rowsPerMicroBatch(), kto.activationCheckpointing(), kto.lora(), kto.weights());
      models.make(stage, kto.model(), settings.lora);
      return trained(stage, kind, "rows_per_micro_batch", settings, s -> kto(kto, s));
    }
    if (config instanceof OnlineDpoConfig online) {
      Settings settings =
          Settings.of(
              online.pairsPerMicroBatch(),
              online.activationCheckpointing(),
              online.lora(),
              online.weights());
      models.make(stage, online.model(), settings.lora);
      return trained(stage, kind, "pairs_per_micro_batch", settings, s -> online(online, s));
    }
    if (config instanceof PpoConfig ppo) {
      Settings settings =
          Settings.of(
              ppo.rowsPerMicroBatch(), ppo.activationCheckpointing(), ppo.lora(), ppo.weights());
      models.make(stage, ppo.model(), settings.lora);
      return trained(stage, kind, "rows_per_micro_batch", settings, s -> ppo(ppo, s));
    }
    if (config instanceof EvaluateStage.Config evaluate) {
      return evaluated(stage, kind, evaluate);
    }
    return counted(stage, kind, () -> other(stage, config));
  }

  private void other(String stage, Record config) {
    if (config instanceof ScratchStage.Config scratch) {
      ModelConfig shape = ScratchStage.shape(scratch, scratch.vocabularySize());
      models.make(stage, shape);
      Footprint model = new Footprint(shape, ScratchStage.heads(scratch), bytesPerNumber);
      add("weights", StageMemory.ALWAYS, model.trained(Optional.empty()), true);
    } else if (config instanceof CompareStage.Config compare) {
      compare(compare);
    } else if (config instanceof WinrateStage.Config winrate) {
      winrate(winrate);
    } else if (config instanceof PairsStage.Config pairs) {
      model("weights", StageMemory.ALWAYS, pairs.model(), Head.LANGUAGE, Optional.empty());
      sampling(
          language(shape(pairs.model())),
          SAMPLED_ROWS,
          pairs.maxPromptTokens(),
          pairs.sampling().maxNewTokens());
      int longest = pairs.maxPromptTokens() + pairs.sampling().maxNewTokens();
      pairs.score().ifPresent(tree -> scorers(tree, longest));
    } else if (config instanceof AugmentStage.Config augment) {
      augment(augment);
    } else if (config instanceof CollectConfig collect) {
      collect(collect);
    } else if (config instanceof BestOfStage.Config best) {
      best(best);
    } else if (config instanceof EvalRewardStage.Config measured) {
      measured(measured.trees());
    } else if (config instanceof AgreementStage.Config agreement) {
      measured(agreement.trees());
    } else if (config instanceof PeopleStage.Config people) {
      people(people);
    }
  }

  /** One model after the other answers, over bases that stay. */
  private void people(PeopleStage.Config config) {
    for (String name : config.models().values()) {
      model("weights of " + name, "answers of " + name, name, Head.LANGUAGE, config.weights());
      int response = config.sampling().maxNewTokens();
      sampling(language(shape(name)), SAMPLED_ROWS, config.maxPromptTokens(), response);
    }
  }

  /** The embedding model comes beside the one that paraphrases. */
  private void augment(AugmentStage.Config config) {
    model("weights", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, Optional.empty());
    int response = config.sampling().maxNewTokens();
    sampling(language(shape(config.model())), SAMPLED_ROWS, config.maxPromptTokens(), response);
    config
        .similarity()
        .model()
        .ifPresent(name -> base("embedding model", "embed", name, Head.LANGUAGE, Optional.empty()));
  }

  /** At most all writers together; the proxy stays while the first step lasts. */
  private void collect(CollectConfig config) {
    int longest = 1;
    for (CollectConfig.WriterKeys writer : config.writers().values()) {
      if (writer.model().isPresent()) {
        String name = writer.model().get();
        model("writer " + name, StageMemory.ALWAYS, name, Head.LANGUAGE, writer.weights());
        int response = writer.sampling().maxNewTokens();
        sampling(language(shape(name)), SAMPLED_ROWS, writer.maxPromptTokens(), response);
        longest = Math.max(longest, writer.longestRow());
      }
    }
    scorers(config.proxy(), longest);
  }

  private void best(BestOfStage.Config config) {
    model("policy", "sample", config.policy(), Head.LANGUAGE, Optional.empty());
    sampling(
        language(shape(config.policy())),
        SAMPLED_ROWS,
        config.maxPromptTokens(),
        config.sampling().maxNewTokens());
    measured(config.trees());
  }

  /** One tree after the other is in memory; rows are as long as each model has met. */
  private void measured(Map<String, ConfigTree> trees) {
    trees.forEach(
        (name, tree) -> {
          loaded.clear();
          for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
            String phase = "measure " + name;
            ModelConfig shape = shape(leaf.model());
            model("reward model " + leaf.model(), phase, leaf.model(), Head.SCORE, leaf.weights());
            long pass =
                footprint(shape, Head.SCORE).passing(SCORED_ROWS, models.longestRow(leaf.model()));
            add("scoring by " + leaf.model(), phase, pass, false);
          }
          for (String model : ScoreTree.languageModels(tree, Plan.LEAVES)) {
            String phase = "measure " + name;
            model("model " + model, phase, model, Head.LANGUAGE, Optional.empty());
            ModelConfig shape = shape(model);
            long pass = language(shape).passing(SCORED_ROWS, shape.maxPositions());
            add("scoring by " + model, phase, pass, false);
          }
        });
  }

  private StageMemory trained(
      String stage, String kind, String rowsKey, Settings settings, Counter counter) {
    StageMemory asked = counted(stage, kind, () -> counter.count(settings));
    if (asked.peakBytes() <= available) {
      return asked;
    }
    Settings least = settings;
    long leastBytes = asked.peakBytes();
    for (Settings smaller : settings.candidates()) {
      long found = counted(stage, kind, () -> counter.count(smaller)).peakBytes();
      if (found <= available) {
        return asked.advised("set " + smaller.words(rowsKey, settings) + ": " + mib(found));
      }
      if (found < leastBytes) {
        least = smaller;
        leastBytes = found;
      }
    }
    String words = least.words(rowsKey, settings);
    return asked.advised(
        (words.isEmpty() ? "it needs " : "even with " + words + " it needs ")
            + mib(leastBytes)
            + ": take a smaller model or a machine with more memory");
  }

  private StageMemory evaluated(String stage, String kind, EvaluateStage.Config config) {
    StageMemory asked = counted(stage, kind, () -> evaluate(config, config.weights()));
    long rounded = counted(stage, kind, () -> evaluate(config, INT8)).peakBytes();
    boolean helps =
        asked.peakBytes() > available
            && rounded <= available
            && !config.weights().map(WeightFormat::isQuantised).orElse(false);
    return helps ? asked.advised("set weights: int8: " + mib(rounded)) : asked;
  }

  private StageMemory counted(String stage, String kind, Runnable counter) {
    items = new ArrayList<>();
    loaded.clear();
    matrixMadeFloat = 0;
    add("process", StageMemory.ALWAYS, PROCESS_BYTES, false);
    add("malloc's reserve", StageMemory.ALWAYS, MALLOC_BYTES, false);
    counter.run();
    if (matrixMadeFloat > 0) {
      add("a matrix made float", StageMemory.ALWAYS, matrixMadeFloat, false);
    }
    return result(stage, kind);
  }

  private StageMemory result(String stage, String kind) {
    return new StageMemory(stage, kind, List.copyOf(items), Optional.empty());
  }

  // ---- kinds of stages

  private void sft(SftConfig config, Settings settings) {
    Footprint model = language(shape(config.model()));
    if (settings.lora.isPresent()) {
      base("weights", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights);
    }
    training("", model, settings.lora);
    update("", model, settings, config.lengths().maxTokens());
    logits(model, settings, (long) settings.rows * config.lengths().maxResponseTokens());
  }

  private void reward(RewardConfig config, Settings settings) {
    ModelConfig shape = shape(config.model()).withLabels(config.outputs());
    Footprint model = footprint(shape, Head.SCORE);
    String label = settings.lora.isPresent() ? "weights" : "start model";
    base(label, StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights);
    training("", model, settings.lora);
    int tokens = config.lengths().maxTokens();
    int rows = config.responsesPerRow() * settings.rows;
    update("", model, settings.with(rows, settings.checkpointed), tokens);
    if (config.keep() == RewardConfig.Keep.BEST) {
      add("best weights", StageMemory.ALWAYS, model.trained(settings.lora), true);
    }
    if (config.reference().isPresent()) {
      loaded.clear();
      String reference = config.reference().get();
      model("reference policy", "sample", reference, Head.LANGUAGE, Optional.empty());
      sampling(
          language(shape(reference)),
          SAMPLED_ROWS,
          config.lengths().maxPromptTokens(),
          config.lengths().maxResponseTokens());
    }
  }

  /** A pair is one row: its prompt and both responses. */
  private void dpo(DpoConfig config, Settings settings) {
    int responses = 2 * config.lengths().maxResponseTokens();
    preference(
        config.model(),
        config.referenceModel(),
        settings,
        config.lengths().maxPromptTokens(),
        responses);
  }

  /** A round: the policy is trained beside the reference, the scorers and the judge. */
  private void online(OnlineDpoConfig config, Settings settings) {
    dpo(config.round(), settings);
    base("reference", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights);
    int response = config.sampling().maxNewTokens();
    int prompt = config.lengths().maxPromptTokens();
    Footprint policy = language(shape(config.model()));
    sampling(policy, SAMPLED_ROWS, prompt, response);
    if (config.opponent() == OnlineDpoConfig.Opponent.MIXTURE) {
      add(
          "mixture's kv cache",
          "sample",
          policy.keyValueCache(SAMPLED_ROWS, prompt + response),
          true);
    }
    config.score().ifPresent(tree -> scorers(tree, prompt + response));
    config.monitor().ifPresent(tree -> scorers(tree, prompt + response));
  }

  private void kto(KtoConfig config, Settings settings) {
    preference(
        config.model(),
        config.referenceModel(),
        settings,
        config.lengths().maxPromptTokens(),
        config.lengths().maxResponseTokens());
  }

  private void preference(
      String start, Optional<String> reference, Settings settings, int prompt, int responses) {
    Footprint model = language(shape(start));
    if (settings.lora.isPresent()) {
      base("weights", StageMemory.ALWAYS, start, Head.LANGUAGE, settings.weights);
    }
    reference.ifPresent(
        name -> base("reference", StageMemory.ALWAYS, name, Head.LANGUAGE, settings.weights));
    training("", model, settings.lora);
    update("", model, settings, prompt + responses);
    logits(model, settings, (long) settings.rows * responses);
  }

  private void ppo(PpoConfig config, Settings settings) {
    String trunk = config.critic().model().orElse(config.model());
    PpoConfig.Critic kind = config.critic().kind();
    boolean shared = kind == PpoConfig.Critic.SHARED;
    Set<Head> heads = shared ? EnumSet.of(Head.LANGUAGE, Head.VALUE) : EnumSet.of(Head.LANGUAGE);
    Footprint policy = new Footprint(shape(config.model()), heads, bytesPerNumber);
    String label = settings.lora.isPresent() ? "weights" : "reference";
    base(label, StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights);
    if (kind != PpoConfig.Critic.NONE) {
      base("critic's start model", StageMemory.ALWAYS, trunk, Head.LANGUAGE, settings.weights);
    }
    training("", policy, settings.lora);
    if (config.ema().isPresent()) {
      add("average", StageMemory.ALWAYS, policy.trained(settings.lora), true);
    }
    int tokens = config.longestRow();
    update("", policy, settings, tokens);
    if (kind == PpoConfig.Critic.SEPARATE) {
      Footprint critic = new Footprint(shape(trunk), Set.of(Head.VALUE), bytesPerNumber);
      training("critic's ", critic, settings.lora);
      update("critic's ", critic, settings, tokens);
    }
    logits(policy, settings, (long) settings.rows * config.sampling().maxNewTokens());
    sampling(
        policy,
        config.rowsPerUpdate(),
        config.lengths().maxPromptTokens(),
        config.sampling().maxNewTokens());
    scorers(config.score(), tokens);
    config.monitor().ifPresent(tree -> scorers(tree, tokens));
  }

  private void evaluate(EvaluateStage.Config config, Optional<WeightFormat> format) {
    model("weights before", StageMemory.ALWAYS, config.before(), Head.LANGUAGE, format);
    model("weights after", StageMemory.ALWAYS, config.after(), Head.LANGUAGE, format);
    int response = config.sampling().maxNewTokens();
    sampling(language(shape(config.before())), SAMPLED_ROWS, config.maxPromptTokens(), response);
    scorers(config.score(), config.maxPromptTokens() + response);
    loaded.clear();
    config.gold().ifPresent(tree -> scorers(tree, config.maxPromptTokens() + response));
    config.bestOf().score().ifPresent(tree -> scorers(tree, config.maxPromptTokens() + response));
  }

  /** One policy at a time beside the model before. */
  private void compare(CompareStage.Config config) {
    int response = config.sampling().maxNewTokens();
    model("weights before", StageMemory.ALWAYS, config.before(), Head.LANGUAGE, config.weights());
    long largest = 0;
    for (CompareStage.Method method : config.methods().values()) {
      PlannedModels.Source source = models.source(method.model());
      WeightFormat kept = config.weights().orElseGet(WeightFormat::ofEngine);
      largest = Math.max(largest, language(source.shape()).weights(kept));
      method.bestOf().score().ifPresent(tree -> scorers(tree, config.longestRow()));
    }
    add("weights after", StageMemory.ALWAYS, largest, false);
    sampling(language(shape(config.before())), SAMPLED_ROWS, config.maxPromptTokens(), response);
    scorers(config.score(), config.longestRow());
    config.gold().ifPresent(tree -> scorers(tree, config.longestRow()));
  }

  /** One model after the other answers; the judges come when all have. */
  private void winrate(WinrateStage.Config config) {
    int response = config.sampling().maxNewTokens();
    for (String name : config.local().values()) {
      model("weights of " + name, "answers of " + name, name, Head.LANGUAGE, config.weights());
      sampling(language(shape(name)), SAMPLED_ROWS, config.maxPromptTokens(), response);
      loaded.clear();
    }
    for (String name : config.judges().keys()) {
      ConfigTree judge = config.judge(name);
      if (judge.has("score")) {
        scorers(judge.get("score"), config.longestRow());
      }
    }
  }

  // ---- parts

  /** A model as it is used: of its own weights, or an adapter over a base. */
  private void model(
      String label, String phase, String name, Head head, Optional<WeightFormat> format) {
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
  private void base(
      String label, String phase, String name, Head head, Optional<WeightFormat> format) {
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
  private void training(String whose, Footprint model, Optional<Lora> lora) {
    long trained = model.trained(lora);
    String own = lora.isPresent() ? "adapter" : "weights";
    add(whose + own, StageMemory.ALWAYS, trained, true);
    add(whose + "gradients", StageMemory.ALWAYS, trained, true);
    add(whose + "optimizer", StageMemory.ALWAYS, 2 * trained, true);
    add(whose + "optimizer step", "step", 2 * model.largestTrained(lora), false);
  }

  private void update(String whose, Footprint model, Settings settings, long tokens) {
    long bytes = model.activations(settings.rows, tokens, settings.checkpointed);
    add(whose + "activations", "train", bytes, false);
    if (settings.lora.isPresent()) {
      long more =
          model.adapterActivations(
              settings.rows, tokens, settings.lora.get(), settings.checkpointed);
      add(whose + "adapter's activations", "train", more, false);
    }
  }

  private void logits(Footprint model, Settings settings, long positions) {
    int vocabulary = model.config().vocabularySize();
    int trained = settings.lora.isPresent() ? 0 : model.config().hiddenSize();
    long atATime = Logprobs.positionsAtATime(positions, vocabulary, trained);
    long bytes = model.logits(atATime, LOGIT_COPIES);
    if (atATime < positions) {
      bytes += (long) vocabulary * model.config().hiddenSize() * bytesPerNumber;
    }
    add("logits", "train", bytes, false);
  }

  private void sampling(Footprint model, long rows, int prompt, int response) {
    add("kv cache", "sample", model.keyValueCache(rows, prompt + response), true);
    add("prompts' pass", "sample", model.passing(rows, prompt), false);
    add("sampled logits", "sample", model.logits(rows, SAMPLING_COPIES), false);
  }

  private void scorers(ConfigTree tree, int tokens) {
    for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
      String name = leaf.model();
      model("reward model " + name, StageMemory.ALWAYS, name, Head.SCORE, leaf.weights());
      long pass = footprint(shape(name), Head.SCORE).passing(SCORED_ROWS, tokens);
      add("scoring by " + name, "score", pass, false);
    }
    for (String name : ScoreTree.languageModels(tree, Plan.LEAVES)) {
      model("scoring model " + name, StageMemory.ALWAYS, name, Head.LANGUAGE, Optional.empty());
      long pass = language(shape(name)).passing(SCORED_ROWS, tokens);
      add("scoring by " + name, "score", pass, false);
    }
  }

  private void add(String name, String phase, long bytes, boolean exact) {
    items.add(new Item(name, phase, bytes, exact));
  }

  private Footprint language(ModelConfig shape) {
    return footprint(shape, Head.LANGUAGE);
  }

  private Footprint footprint(ModelConfig shape, Head head) {
    return new Footprint(shape, Set.of(head), bytesPerNumber);
  }

  private ModelConfig shape(String name) {
    return models.source(name).shape();
  }

  private static String mib(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
