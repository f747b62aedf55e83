package plumbline.pipeline;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.config.ConfigTree;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.KtoConfig;
import plumbline.model.Footprint;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.ppo.PpoConfig;
import plumbline.rewardmodel.RewardConfig;
import plumbline.score.ScoreTree;
import plumbline.sft.SftConfig;
import plumbline.tensor.EngineRate;
import plumbline.train.LengthConfig;

/**
 * An estimate of each stage's time: the operations of all passes forward, backward and of sampling,
 * from the models' shapes, the number of rows and their longest lengths, over this machine's rate
 * of matrix products. A backward pass costs two forward passes, one where the weights below an
 * adapter do not learn, and one more where activations are computed again.
 */
final class TimePlan {
  /** What reading, tokenizing and writing take in a stage that computes little. */
  private static final double SMALL_STAGE = 3;

  private static final int SAMPLED_ROWS = 64;

  /** Stages that compute nothing of a model's size. */
  private static final Set<Class<?>> SMALL_STAGES =
      Set.of(
          ScratchStage.Config.class,
          SamplesStage.Config.class,
          AgreementStage.Config.class,
          VerdictsStage.Config.class,
          TrainingsStage.Config.class,
          ClaimsStage.Config.class);

  private final PlannedModels models;
  private final EngineRate rate;
  private final int bytesPerNumber;
  private final Map<String, Map<String, Long>> rows = new LinkedHashMap<>();
  private double operations;
  private double seconds;

  /** Starts before the first stage; {@code models} knows what stages have made so far. */
  TimePlan(PlannedModels models, EngineRate rate, int bytesPerNumber) {
    this.models = models;
    this.rate = rate;
    this.bytesPerNumber = bytesPerNumber;
  }

  /** Estimates the next stage, after {@link MemoryPlan} has told what it makes. */
  StageTime add(String stage, String kind, Record config) {
    operations = 0;
    seconds = SMALL_STAGE;
    boolean known = count(stage, config);
    return new StageTime(
        stage, kind, operations, known ? OptionalDouble.of(seconds) : OptionalDouble.empty());
  }

  private boolean count(String stage, Record config) {
    if (config instanceof DataStage.Config data) {
      rows.put(stage, rowsOf(data));
      return true;
    }
    if (config instanceof SftConfig sft) {
      return sft(sft);
    }
    if (config instanceof RewardConfig reward) {
      return reward(reward);
    }
    if (config instanceof DpoConfig dpo) {
      return dpo(dpo);
    }
    if (config instanceof KtoConfig kto) {
      return kto(kto);
    }
    if (config instanceof PpoConfig ppo) {
      ppo(ppo);
      return true;
    }
    if (config instanceof CollectConfig collect) {
      collect(stage, collect);
      return true;
    }
    if (config instanceof PairsStage.Config pairs) {
      int each = pairs.score().isPresent() ? 2 : 1;
      rows.put(
          stage,
          Map.of("pairs.train", (long) pairs.pairs(), "pairs.test", (long) pairs.testPairs()));
      double sampled = (double) each * (pairs.pairs() + pairs.testPairs());
      int response = pairs.sampling().maxNewTokens();
      sample(pairs.model(), sampled, pairs.maxPromptTokens(), response);
      pairs.score().ifPresent(tree -> score(tree, sampled, pairs.maxPromptTokens() + response));
      return true;
    }
    return measured(config);
  }

  /** Stages that train nothing. */
  private boolean measured(Record config) {
    if (config instanceof EvaluateStage.Config evaluate) {
      evaluate(evaluate);
      return true;
    }
    if (config instanceof CompareStage.Config compare) {
      compare(compare);
      return true;
    }
    if (config instanceof WinrateStage.Config winrate) {
      int response = winrate.sampling().maxNewTokens();
      winrate
          .local()
          .values()
          .forEach(name -> sample(name, winrate.prompts(), winrate.maxPromptTokens(), response));
      return true;
    }
    if (config instanceof PeopleStage.Config people) {
      double n = (double) people.prompts() * people.groups();
      int response = people.sampling().maxNewTokens();
      people.models().values().forEach(name -> sample(name, n, people.maxPromptTokens(), response));
      return true;
    }
    if (config instanceof BestOfStage.Config best) {
      int most = best.n().stream().mapToInt(Integer::intValue).max().orElse(1);
      double n = (double) best.prompts() * (most + best.against());
      int response = best.sampling().maxNewTokens();
      sample(best.policy(), n, best.maxPromptTokens(), response);
      best.trees()
          .values()
          .forEach(tree -> score(tree, n + 2.0 * best.pairs(), best.maxPromptTokens() + response));
      return true;
    }
    if (config instanceof EvalRewardStage.Config eval) {
      Map<String, Long> there = rows.getOrDefault(eval.data(), Map.of());
      double pairs = Math.min(eval.pairs(), there.getOrDefault("pairs.test", (long) eval.pairs()));
      double rated = Math.min(eval.ratings(), there.getOrDefault("ratings.test", 0L));
      eval.trees().values().forEach(tree -> score(tree, 2 * pairs + rated, 0));
      return true;
    }
    return SMALL_STAGES.contains(config.getClass());
  }

  private void evaluate(EvaluateStage.Config config) {
    int response = config.sampling().maxNewTokens();
    int longest = config.maxPromptTokens() + response;
    double n = config.prompts();
    double answers = n * config.bestOf().n();
    sample(config.before(), n, config.maxPromptTokens(), response);
    sample(config.after(), answers, config.maxPromptTokens(), response);
    forward(config.before(), n, longest, response);
    forward(config.after(), n, longest, response);
    score(config.score(), 2 * n, longest);
  }

  private void compare(CompareStage.Config config) {
    int response = config.sampling().maxNewTokens();
    double n = config.prompts();
    sample(config.before(), n, config.maxPromptTokens(), response);
    config
        .methods()
        .values()
        .forEach(
            method -> {
              double answers = n * method.bestOf().n();
              sample(method.model(), answers, config.maxPromptTokens(), response);
              forward(method.model(), 2 * n, config.longestRow(), response);
              score(config.score(), answers, config.longestRow());
            });
  }

  // ---- kinds of stages

  private static Map<String, Long> rowsOf(DataStage.Config data) {
    Map<String, Long> rows = new LinkedHashMap<>();
    rows.put("demonstrations.train", (long) data.demonstrations());
    rows.put("pairs.train", (long) data.pairs());
    rows.put("rankings.train", (long) data.rankings());
    rows.put("ratings.train", (long) data.ratings());
    for (String kind : DataStage.rowsPlanned(data)) {
      rows.put(kind + ".test", (long) data.testRows());
    }
    return rows;
  }

  /** Updates of a training; empty if neither their number nor the rows are known. */
  private Optional<Double> updates(
      String data, String kind, int epochs, OptionalInt most, int rowsPerUpdate) {
    Long there = rows.getOrDefault(data, Map.of()).get(kind + ".train");
    double bySteps = most.isPresent() ? most.getAsInt() : Double.POSITIVE_INFINITY;
    double byRows =
        there == null
            ? Double.POSITIVE_INFINITY
            : epochs * Math.ceil((double) there / rowsPerUpdate);
    double updates = Math.min(bySteps, byRows);
    return Double.isFinite(updates) ? Optional.of(updates) : Optional.empty();
  }

  private boolean sft(SftConfig config) {
    Optional<Double> updates =
        updates(
            config.data(),
            "demonstrations",
            config.epochs(),
            config.maxSteps(),
            config.rowsPerUpdate());
    updates.ifPresent(
        n -> {
          LengthConfig lengths = config.lengths();
          double passes = training(config.lora().isPresent(), config.activationCheckpointing());
          double tested = tested(config.evalRows(), n, config.evalEvery());
          double trained = n * config.rowsPerUpdate();
          forward(
              config.model(),
              passes * trained + tested,
              lengths.maxTokens(),
              lengths.maxResponseTokens());
        });
    return updates.isPresent();
  }

  private boolean reward(RewardConfig config) {
    Optional<Double> updates =
        updates(
            config.data(),
            config.kinds().iterator().next(),
            config.epochs(),
            config.maxSteps(),
            config.rowsPerUpdate());
    updates.ifPresent(
        n -> {
          LengthConfig lengths = config.lengths();
          double passes = training(config.lora().isPresent(), config.activationCheckpointing());
          double tested = tested(config.evalRows(), n, config.evalEvery());
          double rowsInAll = passes * n * config.rowsPerUpdate() + tested;
          forward(config.model(), config.responsesPerRow() * rowsInAll, lengths.maxTokens(), 0);
          config
              .reference()
              .ifPresent(
                  name ->
                      sample(
                          name,
                          config.referenceRows(),
                          lengths.maxPromptTokens(),
                          lengths.maxResponseTokens()));
        });
    return updates.isPresent();
  }

  private boolean dpo(DpoConfig config) {
    Optional<Double> updates =
        updates(
            config.data(), "pairs", config.epochs(), config.maxSteps(), config.pairsPerUpdate());
    updates.ifPresent(
        n -> {
          LengthConfig lengths = config.lengths();
          int both = 2 * lengths.maxResponseTokens();
          double passes = training(config.lora().isPresent(), config.activationCheckpointing());
          double tested = tested(2 * config.evalPairs(), n, config.evalEvery());
          double trained = n * config.pairsPerUpdate();
          forward(
              config.model(),
              (passes + 1) * trained + tested,
              lengths.maxPromptTokens() + both,
              both);
        });
    return updates.isPresent();
  }

  private boolean kto(KtoConfig config) {
    Optional<Double> updates =
        updates(
                config.data(),
                "ratings",
                config.epochs(),
                config.maxSteps(),
                config.rowsPerUpdate())
            .or(
                () ->
                    updates(
                        config.data(),
                        "pairs",
                        2 * config.epochs(),
                        config.maxSteps(),
                        config.rowsPerUpdate()));
    updates.ifPresent(
        n -> {
          LengthConfig lengths = config.lengths();
          double passes = 1 + training(config.lora().isPresent(), config.activationCheckpointing());
          double trained = n * config.rowsPerUpdate();
          forward(
              config.model(), passes * trained, lengths.maxTokens(), lengths.maxResponseTokens());
        });
    return updates.isPresent();
  }

  /**
   * An update samples, scores, takes the reference's log-probs and values, and learns; where it was
   * not the policy itself that sampled here, the policy's log-probs are taken too. What a server
   * samples costs nothing here.
   */
  private void ppo(PpoConfig config) {
    double n = (double) config.steps() * config.rowsPerUpdate();
    int prompt = config.lengths().maxPromptTokens();
    int response = config.sampling().maxNewTokens();
    int longest = config.longestRow();
    double passes = training(config.lora().isPresent(), config.activationCheckpointing());
    if (config.rolloutServer().isEmpty()) {
      sample(config.model(), n, prompt, response, config.rowsPerUpdate());
    }
    PpoConfig.Critic kind = config.critic().kind();
    int read =
        1 + (config.isSampledElsewhere() ? 1 : 0) + (kind == PpoConfig.Critic.SHARED ? 1 : 0);
    forward(config.model(), (read + passes * config.ppoEpochs()) * n, longest, response);
    if (kind == PpoConfig.Critic.SEPARATE) {
      String critic = config.critic().model().orElse(config.model());
      forward(critic, (1 + passes * config.ppoEpochs()) * n, longest, 0);
    }
    score(config.score(), n, longest);
    config.monitor().ifPresent(tree -> score(tree, n, longest));
  }

  /** Answers of models of this machine, and the proxy's scores; no pair is lost on the way. */
  private void collect(String stage, CollectConfig config) {
    long n = config.funnel().prompts();
    config
        .writers()
        .forEach(
            (name, writer) -> {
              boolean first = name.equals(config.ours()) || name.equals(config.strong());
              double answers = (double) n * (writer.samples() + (first ? 1 : 0));
              int prompt = writer.maxPromptTokens();
              int response = writer.sampling().maxNewTokens();
              writer.model().ifPresent(m -> sample(m, answers, prompt, response));
            });
    score(config.proxy(), 2.0 * n, 0);
    long pairs = config.funnel().candidates();
    for (String part : List.of("unfiltered", "step3", "step4")) {
      rows.put(stage + "/" + part, Map.of("pairs.train", pairs, "ratings.train", 2 * pairs));
    }
  }

  // ---- passes

  /** Forward passes that an update of a row costs. */
  private static double training(boolean adapter, boolean checkpointed) {
    return (adapter ? 2 : 3) + (checkpointed ? 1 : 0);
  }

  /** Rows that are measured before the first update and after every so many. */
  private static double tested(int rows, double updates, int every) {
    return rows * (1 + Math.floor(updates / every));
  }

  /**
   * Forward passes over rows.
   *
   * @param passes rows times passes
   * @param tokens of a row
   * @param positions of it whose logits are computed
   */
  private void forward(String model, double passes, double tokens, double positions) {
    ModelConfig shape = models.source(model).shape();
    double attention = 2.0 * shape.layers() * shape.heads() * shape.headSize() * tokens;
    double perRow =
        tokens * (2.0 * matrices(shape) + attention)
            + positions * 2.0 * shape.hiddenSize() * shape.vocabularySize();
    spend(passes * perRow);
  }

  /** As many rows at once as stages sample that do not train. */
  private void sample(String model, double count, int prompt, int response) {
    sample(model, count, prompt, response, SAMPLED_ROWS);
  }

  /** Sampling reads every weight once for each token of a batch, however few rows there are. */
  private void sample(String model, double count, int prompt, int response, int rowsAtOnce) {
    forward(model, count, prompt, 1);
    ModelConfig shape = models.source(model).shape();
    double head = 2.0 * shape.hiddenSize() * shape.vocabularySize();
    double attention =
        4.0 * shape.layers() * shape.heads() * shape.headSize() * (prompt + response);
    double perToken = 2.0 * matrices(shape) + head + attention;
    double batches = Math.ceil(count / rowsAtOnce);
    double bytes = (matrices(shape) + head / 2) * bytesPerNumber;
    double reading = batches * response * bytes / rate.bytesPerSecond();
    double before = seconds;
    spend(count * response * perToken);
    seconds = Math.max(seconds, before + reading);
  }

  private void score(ConfigTree tree, double count, int tokens) {
    for (ScoreTree.ModelLeaf leaf : ScoreTree.models(tree, Plan.LEAVES)) {
      int longest = tokens > 0 ? tokens : models.longestRow(leaf.model());
      forward(leaf.model(), count, longest, 0);
    }
    for (String name : ScoreTree.languageModels(tree, Plan.LEAVES)) {
      int longest = tokens > 0 ? tokens : models.longestRow(name);
      forward(name, count, longest, longest);
    }
  }

  private long matrices(ModelConfig shape) {
    return new Footprint(shape, Set.<Head>of(), bytesPerNumber).blockMatrices();
  }

  private void spend(double more) {
    operations += more;
    seconds += more / rate.operationsPerSecond();
  }
}
