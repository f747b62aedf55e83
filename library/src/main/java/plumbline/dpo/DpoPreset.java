package plumbline.dpo;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.train.Choices;

/**
 * Choices of {@link DpoConfig}'s or {@link KtoConfig}'s keys that make a method, or what another
 * system does. A key that a configuration writes itself goes before {@code like}, that before the
 * method, and that before the default. Choices for an objective complete the only objective that is
 * written, and leave a mixture alone.
 *
 * <p>The learning rates are those that models of a million weights bear: with each, 60 updates of
 * its method raised gold quality on the clinic with the interval above 0 ({@code docs/dpo.md} has
 * the table); at three times the rate of DPO and SLiC both went some 20 nats and gained little.
 */
public final class DpoPreset {
  private static final String OBJECTIVE = "objectives.0.";
  private static final String RATE = "optimizer.lr=";

  private DpoPreset() {}

  /** The methods of {@code plumbline train} that learn from preferences directly. */
  public enum Method {
    DPO("Rafailov et al. (2023), arXiv:2305.18290", "1e-4"),
    CDPO("Conservative DPO: Mitchell (2023)", "1e-4", OBJECTIVE + "label_smoothing=0.1"),
    ROBUST(
        "Chowdhury et al. (2024), arXiv:2403.00409",
        "1e-4",
        OBJECTIVE + "loss=robust",
        OBJECTIVE + "label_smoothing=0.1"),
    IPO("Azar et al. (2023), arXiv:2310.12036", "3e-4", OBJECTIVE + "loss=ipo"),
    SLIC("Zhao et al. (2023), arXiv:2305.10425: the hinge loss", "1e-4", OBJECTIVE + "loss=hinge"),
    EXO(
        "Ji et al. (2024), arXiv:2402.00856",
        "1e-4",
        OBJECTIVE + "loss=exo",
        OBJECTIVE + "label_smoothing=0.001"),
    NCA("Chen et al. (2024), arXiv:2402.05369", "1e-4", OBJECTIVE + "loss=nca"),
    SPPO("Wu et al. (2024), arXiv:2405.00675", "1e-4", OBJECTIVE + "loss=sppo"),
    AOT("Melnyk et al. (2024), arXiv:2406.05882", "1e-4", OBJECTIVE + "loss=aot"),
    APO_ZERO("D'Oosterlinck et al. (2024), arXiv:2408.06266", "1e-4", OBJECTIVE + "loss=apo_zero"),
    APO_DOWN("D'Oosterlinck et al. (2024), arXiv:2408.06266", "1e-4", OBJECTIVE + "loss=apo_down"),
    RPO(
        "Liu et al. (2024), arXiv:2405.16436: DPO and the chosen responses' likelihood",
        "1e-4",
        "sft_weight=0.2"),
    LD_DPO("Liu et al. (2024), arXiv:2409.06411", "1e-4", "logprobs=ld"),
    SIMPO(
        "Meng et al. (2024), arXiv:2405.14734",
        "3e-5",
        "reference=none",
        "logprobs=mean",
        OBJECTIVE + "beta=2",
        OBJECTIVE + "margin=1"),
    CPO("Xu et al. (2024), arXiv:2401.08417", "1e-4", "reference=none", "sft_weight=1"),
    ORPO(
        "Hong et al. (2024), arXiv:2403.07691",
        "1e-3",
        "reference=none",
        "logprobs=mean",
        OBJECTIVE + "loss=odds_ratio",
        OBJECTIVE + "weight=0.1",
        "sft_weight=1"),
    KTO("Ethayarajh et al. (2024), arXiv:2402.01306", "1e-4"),
    BCO("Jung et al. (2024), arXiv:2404.04656, of single responses", "1e-4", "loss=bco"),
    APO_ZERO_UNPAIRED("APO-zero of single responses", "1e-4", "loss=apo_zero");

    @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf
    private final List<String> choices;

    private final String source;

    Method(String source, String rate, String... choices) {
      this.source = source;
      List<String> all = new ArrayList<>(List.of(choices));
      all.add(RATE + rate);
      this.choices = List.copyOf(all);
    }

    /** The publication that it is from. */
    public String source() {
      return source;
    }

    /** Whether it learns from single responses: its keys are those of {@link KtoConfig}. */
    public boolean isUnpaired() {
      return this == KTO || this == BCO || this == APO_ZERO_UNPAIRED;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Systems whose choices {@code like} makes, where they differ from the publications and are keys
   * here. Sizes, learning rates and lengths are left alone.
   */
  public enum Like {
    /** TRL 0.12 and later. */
    TRL;

    private List<String> choices(Method method) {
      return switch (method) {
        case IPO -> List.of("logprobs=mean", OBJECTIVE + "beta=0.1");
        case RPO -> List.of("sft_weight=1", "sft_unit=token");
        case SIMPO -> List.of(OBJECTIVE + "beta=0.1", OBJECTIVE + "margin=0.5");
        case KTO, BCO, APO_ZERO_UNPAIRED ->
            List.of("beta=0.1", "desirable_weight=1", "undesirable_weight=1");
        default -> List.of();
      };
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A configuration with what its method, and the system it is like, choose for it. */
  public static ConfigTree apply(Method method, ConfigTree written) {
    Optional<Like> like =
        written.find("like").filter(ConfigTree::isValue).map(name -> name.bind(Like.class));
    ConfigTree tree =
        method.isUnpaired() || written.has("objectives")
            ? written
            : written.withKey("objectives", Config.parse("[{}]", "objectives"));
    return choices(method, like).applyTo(tree);
  }

  /** A configuration of rounds with what they choose for it: {@link Method#DPO}'s learning rate. */
  public static ConfigTree applyOnline(ConfigTree written) {
    return Choices.of(Method.DPO.choices).applyTo(written);
  }

  private static Choices choices(Method method, Optional<Like> like) {
    List<String> all = new ArrayList<>(method.choices);
    like.ifPresent(system -> all.addAll(system.choices(method)));
    return Choices.of(all);
  }

  /** What was chosen, a line each. */
  public static List<String> describe(Method method, Optional<Like> like, Record config) {
    String who = method + like.map(system -> ", like " + system).orElse("");
    return choices(method, like).describe(who, config);
  }

  /** A Markdown table of what each method chooses. */
  public static String methodTable() {
    Map<String, Choices> rows = new LinkedHashMap<>();
    for (Method method : Method.values()) {
      rows.put(method.toString(), choices(method, Optional.empty()));
    }
    return Choices.tableOfRows("method", rows);
  }

  /** A Markdown table of what {@code like: trl} chooses differently. */
  public static String likeTable() {
    Map<String, Choices> rows = new LinkedHashMap<>();
    for (Method method : Method.values()) {
      List<String> choices = Like.TRL.choices(method);
      if (!choices.isEmpty()) {
        rows.put(method.toString(), Choices.of(choices));
      }
    }
    return Choices.tableOfRows("method", rows);
  }
}
