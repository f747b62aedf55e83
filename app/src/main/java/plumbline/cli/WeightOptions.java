package plumbline.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.model.WeightFormat;

/** How a model's weights are kept; a command that loads one takes this as a {@code @Mixin}. */
final class WeightOptions {
  @Option(
      names = "--weights",
      paramLabel = "FORMAT",
      description =
          "How the weights are kept: float32, bfloat16, int8, int4 or nf4; default: as --dtype.")
  private String weights;

  /**
   * The format, empty if none was given.
   *
   * @throws InputException if there is no such format
   */
  Optional<WeightFormat> format() {
    if (weights == null) {
      return Optional.empty();
    }
    return Optional.of(
        Arrays.stream(WeightFormat.values())
            .filter(format -> format.name().toLowerCase(Locale.ROOT).equals(weights))
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        "--weights is '"
                            + weights
                            + "', wanted float32, bfloat16, int8, int4 or nf4")));
  }

  /** The format of a copy to sample from; empty if there is none of the format given. */
  Optional<WeightFormat> sampling() {
    return format().filter(WeightFormat::samples);
  }

  /** This option for a process of its own. */
  List<String> arguments() {
    return weights == null ? List.of() : List.of("--weights", weights);
  }
}
