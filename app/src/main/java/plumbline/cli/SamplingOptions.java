package plumbline.cli;

import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.model.Sampling;
import plumbline.train.SamplingConfig;

/** How tokens are drawn; a command takes them as a {@code @Mixin}. */
final class SamplingOptions {
  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Longest response in tokens, its end token included (${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description =
          "Divides the logits; 0 takes the most likely token every time (${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Only the K most likely tokens; 0 for all (${DEFAULT-VALUE}).")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "Only the likeliest tokens that together reach P (${DEFAULT-VALUE}).")
  private double topP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "Penalty of tokens that are in the row already (${DEFAULT-VALUE}: none).")
  private double repetitionPenalty;

  /**
   * The options as one value.
   *
   * @throws InputException if one is out of its range
   */
  Sampling sampling() {
    try {
      return new Sampling(temperature, topK, topP, repetitionPenalty, maxNewTokens);
    } catch (IllegalArgumentException e) {
      throw new InputException("--" + e.getMessage().replaceFirst("_", "-").replaceFirst("_", "-"));
    }
  }

  /** The defaults of {@link SamplingConfig}, so that there is one home for each. */
  static final class Defaults implements IDefaultValueProvider {
    private final SamplingConfig config = Config.defaults(SamplingConfig.class);

    @Override
    public String defaultValue(ArgSpec argument) {
      String name = argument instanceof OptionSpec option ? option.longestName() : "";
      return switch (name) {
        case "--max-new-tokens" -> Integer.toString(config.maxNewTokens());
        case "--temperature" -> Double.toString(config.temperature());
        case "--top-k" -> Integer.toString(config.topK());
        case "--top-p" -> Double.toString(config.topP());
        case "--repetition-penalty" -> Double.toString(config.repetitionPenalty());
        default -> null;
      };
    }
  }
}
