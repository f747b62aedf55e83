package plumbline.pipeline;

import java.util.Arrays;
import java.util.List;
import plumbline.dpo.DpoPreset;
import plumbline.ppo.Preset;

/** What a card says of every model that stages of one kind make. */
enum CardKind {
  SCRATCH(
      "text-generation",
      List.of(),
      "A decoder with random weights and a tokenizer trained on the data below",
      "It is a start for training and of no use by itself.",
      List.of("Whatever it writes is noise.")),
  SFT(
      "text-generation",
      List.of("sft"),
      "A language model fine-tuned on demonstrations",
      "It is meant to answer prompts of the kind that the demonstrations have, and to be the policy"
          + " that reinforcement learning or preference optimisation begins with.",
      List.of(
          "It imitates its demonstrations, mistakes included; nobody's preference was asked.",
          "A low loss on test demonstrations is no measure of how good its answers are."),
      new Result("/test_loss", "loss", "Loss on the test demonstrations, nats per token", "test")),
  REWARD(
      "text-classification",
      List.of("reward-model"),
      "A reward model: one number for a prompt and a response",
      "It is meant to compare responses to one prompt, of the kind that its training rows have: as"
          + " the reward of a training, in best-of-n, or to filter.",
      List.of(
          "It knows the taste of those who labelled its training rows, and nothing of other prompts"
              + " or languages.",
          "A policy trained against it finds what it scores too high; watch a second measure.",
          "Scores of different prompts, and of other reward models, are not on one scale unless"
              + " they are standardised."),
      new Result("/accuracy/mean", "accuracy", "Share of test pairs put in order", "test"),
      new Result("/absolute/mse/mean", "mse", "Squared error on the test ratings", "test"),
      new Result("/absolute/mae/mean", "mae", "Absolute error on the test ratings", "test")),
  POLICY(
      "text-generation",
      List.of("reinforcement-learning"),
      "A language model trained with reinforcement learning against a reward",
      "It is meant to answer prompts of the kind that it was trained on, better by the measure of"
          + " its reward than the model it began with.",
      List.of(
          "The reward that it was trained on says nothing of how people like its answers: compare"
              + " it with the model it began with, judged by somebody else.",
          "The reward below is that of the training's own prompts, not of a test."),
      new Result(
          "/table1/last/reward~1mean",
          "reward",
          "Mean reward of the last update, of training prompts",
          "train")),
  PREFERENCES(
      "text-generation",
      List.of("preference-optimisation"),
      "A language model trained on preferences without a reward model",
      "It is meant to answer prompts of the kind that its rows have, as those who labelled them"
          + " prefer.",
      List.of(
          "The accuracy tells how it ranks given responses, not how good its own are: compare it"
              + " with the model it began with."),
      new Result("/accuracy/mean", "accuracy", "Share of test pairs put in order", "test"),
      new Result("/accuracy", "accuracy", "Share of test responses told apart", "test")),
  ROUNDS(
      "text-generation",
      List.of("preference-optimisation", "online"),
      "A language model trained in rounds on preferences among its own answers",
      "It is meant to answer prompts of the kind that it was trained on, as its judge prefers.",
      List.of(
          "Its judge's errors are its own: compare it with the model it began with, judged by"
              + " somebody else.")),
  OTHER(
      "text-generation",
      List.of(),
      "A model",
      "What it is meant for was not recorded.",
      List.of("Nothing was recorded of how it was made beyond what stands here."));

  /**
   * A number of a run's summary that tells how good the model is.
   *
   * @param pointer where it stands in {@code summary.json}
   * @param type the metric's short name
   * @param name the metric in words
   * @param side of the data that it is of, as in the files' names
   */
  record Result(String pointer, String type, String name, String side) {}

  private final String task;
  private final String what;
  private final String use;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf
  private final List<String> tags;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf
  private final List<String> limits;

  @SuppressWarnings("ImmutableEnumChecker") // made by List.copyOf
  private final List<Result> results;

  CardKind(
      String task,
      List<String> tags,
      String what,
      String use,
      List<String> limits,
      Result... results) {
    this.task = task;
    this.tags = List.copyOf(tags);
    this.what = what;
    this.use = use;
    this.limits = List.copyOf(limits);
    this.results = List.of(results);
  }

  /** Of a kind of stage, as {@code run.json} names it. */
  static CardKind of(String stage) {
    if (Arrays.stream(Preset.Method.values()).anyMatch(m -> m.toString().equals(stage))) {
      return POLICY;
    }
    if (Arrays.stream(DpoPreset.Method.values()).anyMatch(m -> m.toString().equals(stage))) {
      return PREFERENCES;
    }
    return switch (stage) {
      case "scratch" -> SCRATCH;
      case "sft" -> SFT;
      case "reward" -> REWARD;
      case "online_dpo", "online_dpo round" -> ROUNDS;
      default -> OTHER;
    };
  }

  /** What the model does, in the words of Hugging Face's hub. */
  String task() {
    return task;
  }

  List<String> tags() {
    return tags;
  }

  String what() {
    return what;
  }

  String use() {
    return use;
  }

  List<String> limits() {
    return limits;
  }

  List<Result> results() {
    return results;
  }
}
