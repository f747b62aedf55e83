package plumbline.pipeline;

import java.util.EnumSet;
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
import plumbline.model.ModelConfig;
import plumbline.model.WeightFormat;
import plumbline.pipeline.MemoryCount.Samples;
import plumbline.ppo.PpoConfig;
import plumbline.rewardmodel.RewardConfig;
import plumbline.score.ScoreTree;
import plumbline.sft.SftConfig;
import plumbline.train.TrainingConfig;

/**
 * The memory of a pipeline's stages, counted from its configuration and the models' {@code
 * config.json} before anything is loaded.
 */
final class MemoryPlan {
  private static final String ROWS = "rows_per_micro_batch";
  private static final String PAIRS = "pairs_per_micro_batch";

  private final PlannedModels models;
  private final int bytesPerNumber;
  private final long available;
  private MemoryCount count;

  private interface Counter {
    void count(MemorySettings settings);
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
    this.count = new MemoryCount(models, bytesPerNumber);
  }

  /** Counts the next stage. */
  StageMemory add(String stage, String kind, Record config) {
    if (config instanceof SftConfig sft) {
      return trained(stage, kind, sft, ROWS, sft.rowsPerMicroBatch(), s -> sft(sft, s));
    }
    if (config instanceof RewardConfig reward) {
      models.learntFrom(stage, reward.lengths().maxTokens());
      return trained(stage, kind, reward, ROWS, reward.rowsPerMicroBatch(), s -> reward(reward, s));
    }
    if (config instanceof DpoConfig dpo) {
      return trained(stage, kind, dpo, PAIRS, dpo.pairsPerMicroBatch(), s -> dpo(dpo, s));
    }
    if (config instanceof KtoConfig kto) {
      return trained(stage, kind, kto, ROWS, kto.rowsPerMicroBatch(), s -> kto(kto, s));
    }
    if (config instanceof OnlineDpoConfig online) {
      int pairs = online.pairsPerMicroBatch();
      return trained(stage, kind, online, PAIRS, pairs, s -> online(online, s));
    }
    if (config instanceof PpoConfig ppo) {
      return trained(stage, kind, ppo, ROWS, ppo.rowsPerMicroBatch(), s -> ppo(ppo, s));
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
      count.add("weights", StageMemory.ALWAYS, model.trained(Optional.empty()), true);
    } else if (config instanceof CompareStage.Config compare) {
      compare(compare);
    } else if (config instanceof WinrateStage.Config winrate) {
      winrate(winrate);
    } else if (config instanceof PairsStage.Config pairs) {
      count.model("weights", StageMemory.ALWAYS, pairs.model(), Head.LANGUAGE, Optional.empty());
      count.sampling(
          MemoryCount.SAMPLE,
          pairs.model(),
          Samples.of(pairs.maxPromptTokens(), pairs.sampling().maxNewTokens(), Optional.empty()));
      int longest = pairs.maxPromptTokens() + pairs.sampling().maxNewTokens();
      pairs.score().ifPresent(tree -> count.scorers(tree, longest));
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
    int response = config.sampling().maxNewTokens();
    config
        .models()
        .forEach(
            (name, model) -> {
              String weights = "weights of " + name;
              count.model(weights, StageMemory.ALWAYS, model, Head.LANGUAGE, config.weights());
              Samples samples = Samples.of(config.maxPromptTokens(), response, config.weights());
              count.sampling("answers of " + name, model, samples);
            });
  }

  /** The embedding model comes beside the one that paraphrases. */
  private void augment(AugmentStage.Config config) {
    count.model("weights", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, Optional.empty());
    int response = config.sampling().maxNewTokens();
    Samples samples = Samples.of(config.maxPromptTokens(), response, Optional.empty());
    count.sampling(MemoryCount.SAMPLE, config.model(), samples);
    config
        .similarity()
        .model()
        .ifPresent(
            name -> count.base("embedding model", "embed", name, Head.LANGUAGE, Optional.empty()));
  }

  /** At most all writers together; the proxy stays while the first step lasts. */
  private void collect(CollectConfig config) {
    int longest = 1;
    for (CollectConfig.WriterKeys writer : config.writers().values()) {
      if (writer.model().isPresent()) {
        String name = writer.model().get();
        count.model("writer " + name, StageMemory.ALWAYS, name, Head.LANGUAGE, writer.weights());
        int response = writer.sampling().maxNewTokens();
        Samples samples = Samples.of(writer.maxPromptTokens(), response, writer.weights());
        count.sampling("answers of " + name, name, samples);
        longest = Math.max(longest, writer.longestRow());
      }
    }
    count.scorers(config.proxy(), longest);
  }

  private void best(BestOfStage.Config config) {
    count.model("policy", "sample", config.policy(), Head.LANGUAGE, Optional.empty());
    count.sampling(
        MemoryCount.SAMPLE,
        config.policy(),
        Samples.of(config.maxPromptTokens(), config.sampling().maxNewTokens(), Optional.empty()));
    measured(config.trees());
  }

  /** One tree after the other is in memory; rows are as long as each model has met. */
  private void measured(Map<String, ConfigTree> trees) {
    trees.forEach(
        (name, tree) -> {
          count.unload();
          for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
            String phase = "measure " + name;
            String leafs = leaf.model();
            count.model("reward model " + leafs, phase, leafs, Head.SCORE, leaf.weights());
            count.scoring(phase, leafs, Head.SCORE, models.longestRow(leafs));
          }
          for (String model : ScoreTree.languageModels(tree, Plan.LEAVES)) {
            String phase = "measure " + name;
            count.model("model " + model, phase, model, Head.LANGUAGE, Optional.empty());
            count.scoring(phase, model, Head.LANGUAGE, count.shape(model).maxPositions());
          }
        });
  }

  private StageMemory trained(
      String stage,
      String kind,
      TrainingConfig.Keys config,
      String rowsKey,
      int rows,
      Counter counter) {
    MemorySettings settings = MemorySettings.of(rows, config.training());
    models.make(stage, config.model(), settings.lora());
    StageMemory asked = counted(stage, kind, () -> counter.count(settings));
    if (asked.peakBytes() <= available) {
      return asked;
    }
    MemorySettings least = settings;
    long leastBytes = asked.peakBytes();
    for (MemorySettings smaller : settings.candidates()) {
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
    long rounded = counted(stage, kind, () -> evaluate(config, MemorySettings.INT8)).peakBytes();
    boolean helps =
        asked.peakBytes() > available
            && rounded <= available
            && !config.weights().map(WeightFormat::isQuantised).orElse(false);
    return helps ? asked.advised("set weights: int8: " + mib(rounded)) : asked;
  }

  private StageMemory counted(String stage, String kind, Runnable counter) {
    count = new MemoryCount(models, bytesPerNumber);
    counter.run();
    return new StageMemory(stage, kind, count.items(), Optional.empty());
  }

  // ---- kinds of stages

  private void sft(SftConfig config, MemorySettings settings) {
    Footprint model = count.language(count.shape(config.model()));
    if (settings.lora().isPresent()) {
      count.base("weights", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights());
    }
    count.training("", model, settings.lora());
    count.update("", model, settings, config.lengths().maxTokens());
    count.logits(
        model, settings, config.lengths().maxTokens(), config.lengths().maxResponseTokens());
  }

  private void reward(RewardConfig config, MemorySettings settings) {
    ModelConfig shape = count.shape(config.model()).withLabels(config.outputs());
    Footprint model = count.footprint(shape, Head.SCORE);
    String label = settings.lora().isPresent() ? "weights" : "start model";
    count.base(label, StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights());
    count.training("", model, settings.lora());
    int tokens = config.lengths().maxTokens();
    int rows = config.responsesPerRow() * settings.rows();
    count.update("", model, settings.with(rows, settings.checkpointed()), tokens);
    if (config.keep() == RewardConfig.Keep.BEST) {
      count.add("best weights", StageMemory.ALWAYS, model.trained(settings.lora()), true);
    }
    if (config.reference().isPresent()) {
      count.unload();
      String reference = config.reference().get();
      count.model("reference policy", "sample", reference, Head.LANGUAGE, Optional.empty());
      count.sampling(
          MemoryCount.SAMPLE,
          reference,
          Samples.of(
              config.lengths().maxPromptTokens(),
              config.lengths().maxResponseTokens(),
              Optional.empty()));
    }
  }

  /** A pair is one row: its prompt and both responses. */
  private void dpo(DpoConfig config, MemorySettings settings) {
    int responses = 2 * config.lengths().maxResponseTokens();
    preference(
        config.model(),
        config.referenceModel(),
        settings,
        config.lengths().maxPromptTokens(),
        responses);
  }

  /** A round: the policy is trained beside the reference, the scorers and the judge. */
  private void online(OnlineDpoConfig config, MemorySettings settings) {
    dpo(config.round(), settings);
    count.base("reference", StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights());
    int response = config.sampling().maxNewTokens();
    int prompt = config.lengths().maxPromptTokens();
    Footprint policy = count.language(count.shape(config.model()));
    Samples samples = Samples.of(prompt, response, settings.weights());
    if (config.rolloutServer().isEmpty()) {
      count.sampling(MemoryCount.SAMPLE, policy, samples);
    }
    if (config.opponent() == OnlineDpoConfig.Opponent.MIXTURE) {
      count.add(
          "mixture's kv cache",
          "sample",
          policy.keyValueCache(samples.rows(), prompt + response),
          true);
    }
    config.score().ifPresent(tree -> count.scorers(tree, prompt + response));
    config.monitor().ifPresent(tree -> count.scorers(tree, prompt + response));
  }

  private void kto(KtoConfig config, MemorySettings settings) {
    preference(
        config.model(),
        config.referenceModel(),
        settings,
        config.lengths().maxPromptTokens(),
        config.lengths().maxResponseTokens());
  }

  private void preference(
      String start,
      Optional<String> reference,
      MemorySettings settings,
      int prompt,
      int responses) {
    Footprint model = count.language(count.shape(start));
    if (settings.lora().isPresent()) {
      count.base("weights", StageMemory.ALWAYS, start, Head.LANGUAGE, settings.weights());
    }
    reference.ifPresent(
        name ->
            count.base("reference", StageMemory.ALWAYS, name, Head.LANGUAGE, settings.weights()));
    count.training("", model, settings.lora());
    count.update("", model, settings, prompt + responses);
    count.logits(model, settings, prompt + responses, responses);
  }

  private void ppo(PpoConfig config, MemorySettings settings) {
    String trunk = config.critic().model().orElse(config.model());
    PpoConfig.Critic kind = config.critic().kind();
    boolean shared = kind == PpoConfig.Critic.SHARED;
    Set<Head> heads = shared ? EnumSet.of(Head.LANGUAGE, Head.VALUE) : EnumSet.of(Head.LANGUAGE);
    Footprint policy = new Footprint(count.shape(config.model()), heads, bytesPerNumber);
    String label = settings.lora().isPresent() ? "weights" : "reference";
    count.base(label, StageMemory.ALWAYS, config.model(), Head.LANGUAGE, settings.weights());
    if (kind != PpoConfig.Critic.NONE) {
      count.base(
          "critic's start model", StageMemory.ALWAYS, trunk, Head.LANGUAGE, settings.weights());
    }
    count.training("", policy, settings.lora());
    if (config.ema().isPresent()) {
      count.add("average", StageMemory.ALWAYS, policy.trained(settings.lora()), true);
    }
    int tokens = config.longestRow();
    count.update("", policy, settings, tokens);
    if (kind == PpoConfig.Critic.SEPARATE) {
      Footprint critic = new Footprint(count.shape(trunk), Set.of(Head.VALUE), bytesPerNumber);
      count.training("critic's ", critic, settings.lora());
      count.update("critic's ", critic, settings, tokens);
    }
    count.logits(policy, settings, tokens, config.sampling().maxNewTokens());
    if (config.rolloutServer().isEmpty()) {
      count.sampling(
          MemoryCount.SAMPLE,
          policy,
          new Samples(
              config.rowsPerUpdate(),
              config.lengths().maxPromptTokens(),
              config.sampling().maxNewTokens(),
              settings.weights(),
              config.sampling().weights()));
    }
    count.scorers(config.score(), tokens);
    config.monitor().ifPresent(tree -> count.scorers(tree, tokens));
  }

  private void evaluate(EvaluateStage.Config config, Optional<WeightFormat> format) {
    count.model("weights before", StageMemory.ALWAYS, config.before(), Head.LANGUAGE, format);
    count.model("weights after", StageMemory.ALWAYS, config.after(), Head.LANGUAGE, format);
    int response = config.sampling().maxNewTokens();
    Samples samples = Samples.of(config.maxPromptTokens(), response, format);
    count.sampling(MemoryCount.SAMPLE, config.before(), samples);
    count.scorers(config.score(), config.maxPromptTokens() + response);
    count.unload();
    config.gold().ifPresent(tree -> count.scorers(tree, config.maxPromptTokens() + response));
    config
        .bestOf()
        .score()
        .ifPresent(tree -> count.scorers(tree, config.maxPromptTokens() + response));
  }

  /** One policy at a time beside the model before. */
  private void compare(CompareStage.Config config) {
    int response = config.sampling().maxNewTokens();
    count.model(
        "weights before", StageMemory.ALWAYS, config.before(), Head.LANGUAGE, config.weights());
    long largest = 0;
    for (CompareStage.Method method : config.methods().values()) {
      PlannedModels.Source source = models.source(method.model());
      WeightFormat kept = config.weights().orElseGet(WeightFormat::ofEngine);
      largest = Math.max(largest, count.language(source.shape()).weights(kept));
      method.bestOf().score().ifPresent(tree -> count.scorers(tree, config.longestRow()));
    }
    count.add("weights after", StageMemory.ALWAYS, largest, false);
    Samples samples = Samples.of(config.maxPromptTokens(), response, config.weights());
    count.sampling(MemoryCount.SAMPLE, config.before(), samples);
    count.scorers(config.score(), config.longestRow());
    config.gold().ifPresent(tree -> count.scorers(tree, config.longestRow()));
  }

  /** One model after the other answers; the judges come when all have. */
  private void winrate(WinrateStage.Config config) {
    int response = config.sampling().maxNewTokens();
    config
        .local()
        .forEach(
            (name, model) -> {
              String phase = "answers of " + name;
              count.model("weights of " + name, phase, model, Head.LANGUAGE, config.weights());
              Samples samples = Samples.of(config.maxPromptTokens(), response, config.weights());
              count.sampling(phase, model, samples);
              count.unload();
            });
    for (String name : config.judges().keys()) {
      ConfigTree judge = config.judge(name);
      if (judge.has("score")) {
        count.scorers(judge.get("score"), config.longestRow());
      }
    }
  }

  private static String mib(long bytes) {
    return (bytes >> 20) + " MiB";
  }
}
