package plumbline.ppo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import plumbline.config.ConfigTree;
import plumbline.train.Choices;

/**
 * Choices of {@link PpoConfig}'s keys that make a method, or what another system does. A key that a
 * configuration writes itself goes before {@code like}, that before the method, and that before the
 * default.
 */
public final class Preset {
  private Preset() {}

  /** The methods of {@code plumbline train}, by what they choose differently from the defaults. */
  public enum Method {
    PPO("Ouyang et al. (2022): a critic, and the clipped ratio"),
    GRPO(
        "Shao et al. (2024), arXiv:2402.03300",
        "prompts_per_update=8",
        "samples_per_prompt=8",
        "ppo_epochs=1",
        "kl.place=loss",
        "kl.estimator=k3",
        "kl.coefficient=0.04",
        "advantage.estimator=grpo",
        "advantage.whiten=none",
        "loss.aggregation=sequence_mean",
        "critic.kind=none"),
    RLOO(
        "Ahmadian et al. (2024), arXiv:2402.14740",
        "prompts_per_update=16",
        "samples_per_prompt=4",
        "ppo_epochs=1",
        "advantage.estimator=rloo",
        "advantage.whiten=none",
        "critic.kind=none"),
    REMAX(
        "Li et al. (2024), arXiv:2310.10505",
        "ppo_epochs=1",
        "advantage.estimator=remax",
        "advantage.whiten=none",
        "critic.kind=none"),
    REINFORCE(
        "Hu et al. (2025), arXiv:2501.03262 (REINFORCE++)",
        "ppo_epochs=1",
        "advantage.estimator=reinforce",
        "critic.kind=none"),
    RAFT(
        "Dong et al. (2023), arXiv:2304.06767",
        "prompts_per_update=16",
        "samples_per_prompt=8",
        "ppo_epochs=2",
        "rows.keep=best",
        "kl.coefficient=0",
        "advantage.estimator=none",
        "advantage.whiten=none",
        "loss.objective=likelihood",
        "critic.kind=none"),
    BESTOFN(
        "Best-of-n distillation: Stiennon et al. (2020), arXiv:2009.01325, and fine-tuning on it",
        "prompts_per_update=16",
        "samples_per_prompt=8",
        "ppo_epochs=1",
        "rows.keep=best",
        "rows.sampled_from=reference",
        "kl.coefficient=0",
        "advantage.estimator=none",
        "advantage.whiten=none",
        "loss.objective=likelihood",
        "critic.kind=none");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.of
    private final List<String> choices;

    private final String source;

    Method(String source, String... choices) {
      this.source = source;
      this.choices = List.of(choices);
    }

    /** The publication that it is from. */
    public String source() {
      return source;
    }

    /** The method of a command or a kind of stage, {@code grpo} for example. */
    public static Method of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Systems whose choices {@code like} makes: what they default to, as far as it is a key here.
   * Sizes, learning rates and lengths are left alone.
   */
  public enum Like {
    /** TRL: 0.11's PPO, 1.x's GRPO and RLOO. */
    TRL,
    /** OpenRLHF 0.8 and later. */
    OPENRLHF,
    /** verl 0.3 and later. */
    VERL,
    /** The study of combined rewards: TRL's PPO with its table's values. */
    THESIS;

    private List<String> choices(Method method) {
      boolean critic = method == Method.PPO;
      List<String> all = new ArrayList<>();
      boolean ranks = method == Method.RAFT || method == Method.BESTOFN;
      if (ranks) {
        return all;
      }
      switch (this) {
        case TRL -> {
          all.addAll(List.of("loss.aggregation=token_mean", "loss.clip_low=0.2"));
          all.addAll(List.of("loss.clip_high=0.2", "advantage.variance=unbiased"));
          if (critic) {
            all.addAll(TRL_PPO);
          } else {
            all.add("advantage.epsilon=1e-4");
            all.addAll(
                method == Method.GRPO
                    ? List.of("kl.importance=true", "kl.coefficient=0")
                    : List.of("kl.coefficient=0.05"));
          }
        }
        case OPENRLHF -> {
          all.addAll(List.of("loss.aggregation=token_mean", "ppo_epochs=1", "scoring.clip=10"));
          all.addAll(List.of("kl.coefficient=0.01", "kl.estimator=k1", "advantage.epsilon=1e-9"));
          all.addAll(List.of("loss.clip_low=0.2", "loss.clip_high=0.2"));
          if (critic || method == Method.REINFORCE) {
            all.addAll(List.of("advantage.whiten=tokens", "advantage.variance=biased"));
          }
          if (critic) {
            all.addAll(List.of("advantage.lambda=1", "critic.clip_range=0.5"));
          }
          if (method == Method.GRPO) {
            all.add("kl.place=reward");
          }
        }
        case VERL -> {
          all.addAll(List.of("loss.aggregation=token_mean", "ppo_epochs=1", "minibatches=4"));
          all.addAll(List.of("loss.clip_low=0.2", "loss.clip_high=0.2", "loss.dual_clip=3"));
          all.addAll(List.of("kl.coefficient=0.001", "advantage.epsilon=1e-6"));
          all.add("advantage.variance=unbiased");
          if (critic) {
            all.addAll(List.of("advantage.lambda=1", "critic.clip_range=0.5"));
            all.add("advantage.whiten=tokens");
          }
        }
        case THESIS -> {
          all.addAll(List.of("loss.aggregation=token_mean", "scoring.clip=4"));
          all.addAll(List.of("loss.clip_low=0.4", "loss.clip_high=0.4"));
          all.add("advantage.variance=unbiased");
          if (critic) {
            TRL_PPO.stream().filter(c -> !c.startsWith("kl.coefficient=")).forEach(all::add);
          }
          all.add("kl.coefficient=0.02");
        }
      }
      return all;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final List<String> TRL_PPO =
      List.of(
          "ppo_epochs=4",
          "kl.place=reward",
          "kl.estimator=k1",
          "kl.coefficient=0.2",
          "kl.target_per_response=6",
          "kl.horizon=10000",
          "advantage.gamma=1",
          "advantage.lambda=0.95",
          "advantage.whiten=tokens",
          "critic.kind=shared",
          "critic.value_coefficient=0.1",
          "critic.clip_range=0.2");

  /** A configuration with what its method, and the system it is like, choose for it. */
  public static ConfigTree apply(Method method, ConfigTree written) {
    Optional<Like> like =
        written.find("like").filter(ConfigTree::isValue).map(name -> name.bind(Like.class));
    return choices(method, like).applyTo(written);
  }

  private static Choices choices(Method method, Optional<Like> like) {
    List<String> all = new ArrayList<>(method.choices);
    like.ifPresent(system -> all.addAll(system.choices(method)));
    return Choices.of(all);
  }

  /**
   * What was chosen and what follows from it, a line each.
   *
   * @param prompts training prompts
   */
  public static List<String> describe(Method method, PpoConfig config, int prompts) {
    String who = method + config.like().map(like -> ", like " + like).orElse("");
    List<String> lines = new ArrayList<>(choices(method, config.like()).describe(who, config));
    int rows = config.rowsPerUpdate();
    lines.add(
        "rows per update: %d prompts x %d samples = %d"
            .formatted(config.promptsPerUpdate(), config.samplesPerPrompt(), rows));
    lines.add(
        "optimizer steps per update: %d epochs x %d minibatches = %d"
            .formatted(
                config.ppoEpochs(),
                config.minibatches(),
                config.ppoEpochs() * config.minibatches()));
    lines.add(
        String.format(
            Locale.ROOT,
            "updates per pass over %d prompts: %.1f",
            prompts,
            (double) prompts / config.promptsPerUpdate()));
    return lines;
  }

  /** A Markdown table of what each method chooses; empty cells are defaults. */
  public static String methodTable() {
    Map<String, Choices> columns = new LinkedHashMap<>();
    for (Method method : Method.values()) {
      if (method != Method.PPO) {
        columns.put(method.toString(), choices(method, Optional.empty()));
      }
    }
    return Choices.table(columns);
  }

  /** A Markdown table of what {@code like} chooses for PPO and for GRPO. */
  public static String likeTable() {
    Map<String, Choices> columns = new LinkedHashMap<>();
    for (Like like : Like.values()) {
      for (Method method : List.of(Method.PPO, Method.GRPO)) {
        columns.put(method + " like " + like, Choices.of(like.choices(method)));
      }
    }
    return Choices.table(columns);
  }
}
