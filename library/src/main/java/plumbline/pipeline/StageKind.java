package plumbline.pipeline;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import plumbline.config.ConfigTree;
import plumbline.dpo.DpoConfig;
import plumbline.dpo.DpoPreset;
import plumbline.dpo.KtoConfig;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.Preset;
import plumbline.rewardmodel.RewardConfig;
import plumbline.sft.SftConfig;

/**
 * A kind of stage: its keys, what it chooses for those that are not written, what checks it before
 * all stages and what runs it.
 */
record StageKind<C extends Record>(
    Class<C> keys,
    UnaryOperator<ConfigTree> preset,
    BiFunction<C, Plan, Plan.Made> planner,
    BiConsumer<C, StageContext> runner) {
  StageKind(
      Class<C> keys, BiFunction<C, Plan, Plan.Made> planner, BiConsumer<C, StageContext> runner) {
    this(keys, UnaryOperator.identity(), planner, runner);
  }

  Stage bind(String name, String kind, OptionalLong seed, ConfigTree tree) {
    C config = preset.apply(tree).bind(keys);
    return new Stage(
        name,
        kind,
        seed,
        config,
        plan -> planner.apply(config, plan),
        context -> runner.accept(config, context));
  }

  /** Keys of the kinds that the processes of a world run together; the first runs others alone. */
  static final Set<Class<? extends Record>> TOGETHER =
      Set.of(
          SftConfig.class, RewardConfig.class, DpoConfig.class, KtoConfig.class, PpoConfig.class);

  /** Every kind by its name, in the order in which documentation lists them. */
  static final Map<String, StageKind<?>> ALL = kinds();

  private static Map<String, StageKind<?>> kinds() {
    Map<String, StageKind<?>> kinds = new LinkedHashMap<>();
    kinds.put("data", new StageKind<>(DataStage.Config.class, DataStage::plan, DataStage::run));
    kinds.put(
        "samples",
        new StageKind<>(SamplesStage.Config.class, SamplesStage::plan, SamplesStage::run));
    kinds.put(
        "scratch",
        new StageKind<>(ScratchStage.Config.class, ScratchStage::plan, ScratchStage::run));
    kinds.put("sft", new StageKind<>(SftConfig.class, SftStage::plan, SftStage::run));
    kinds.put("pairs", new StageKind<>(PairsStage.Config.class, PairsStage::plan, PairsStage::run));
    kinds.put(
        "augment",
        new StageKind<>(AugmentStage.Config.class, AugmentStage::plan, AugmentStage::run));
    kinds.put(
        "collect", new StageKind<>(CollectConfig.class, CollectStage::plan, CollectStage::run));
    kinds.put("reward", new StageKind<>(RewardConfig.class, RewardStage::plan, RewardStage::run));
    for (DpoPreset.Method method : DpoPreset.Method.values()) {
      kinds.put(method.toString(), method.isUnpaired() ? unpaired(method) : paired(method));
    }
    kinds.put(
        "online_dpo",
        new StageKind<>(
            OnlineDpoConfig.class,
            DpoPreset::applyOnline,
            OnlineDpoStage::plan,
            OnlineDpoStage::run));
    for (Preset.Method method : Preset.Method.values()) {
      kinds.put(
          method.toString(),
          new StageKind<>(
              PpoConfig.class,
              tree -> Preset.apply(method, tree),
              PpoStage::plan,
              (config, context) -> PpoStage.run(method, config, context)));
    }
    kinds.put(
        "evaluate",
        new StageKind<>(EvaluateStage.Config.class, EvaluateStage::plan, EvaluateStage::run));
    kinds.put(
        "eval_reward",
        new StageKind<>(EvalRewardStage.Config.class, EvalRewardStage::plan, EvalRewardStage::run));
    kinds.put(
        "best_of_n",
        new StageKind<>(BestOfStage.Config.class, BestOfStage::plan, BestOfStage::run));
    kinds.put(
        "compare",
        new StageKind<>(CompareStage.Config.class, CompareStage::plan, CompareStage::run));
    kinds.put(
        "winrate",
        new StageKind<>(WinrateStage.Config.class, WinrateStage::plan, WinrateStage::run));
    kinds.put(
        "verdicts",
        new StageKind<>(VerdictsStage.Config.class, VerdictsStage::plan, VerdictsStage::run));
    kinds.put(
        "people", new StageKind<>(PeopleStage.Config.class, PeopleStage::plan, PeopleStage::run));
    kinds.put(
        "agreement",
        new StageKind<>(AgreementStage.Config.class, AgreementStage::plan, AgreementStage::run));
    kinds.put(
        "trainings",
        new StageKind<>(TrainingsStage.Config.class, TrainingsStage::plan, TrainingsStage::run));
    kinds.put(
        "claims", new StageKind<>(ClaimsStage.Config.class, ClaimsStage::plan, ClaimsStage::run));
    return kinds;
  }

  private static StageKind<DpoConfig> paired(DpoPreset.Method method) {
    return new StageKind<>(
        DpoConfig.class,
        tree -> DpoPreset.apply(method, tree),
        DpoStage::plan,
        (config, context) -> DpoStage.run(method, config, context));
  }

  private static StageKind<KtoConfig> unpaired(DpoPreset.Method method) {
    return new StageKind<>(
        KtoConfig.class,
        tree -> DpoPreset.apply(method, tree),
        KtoStage::plan,
        (config, context) -> KtoStage.run(method, config, context));
  }

  /** One that has a seed of its own does not take the pipeline's. */
  record Stage(
      String name,
      String kind,
      OptionalLong seed,
      Record config,
      Function<Plan, Plan.Made> planner,
      Consumer<StageContext> body) {}
}
