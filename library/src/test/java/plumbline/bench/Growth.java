package plumbline.bench;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import plumbline.model.MicroBatches;
import plumbline.model.ModelConfig;
import plumbline.train.Memory;

/**
 * How the cost of an update of supervised fine-tuning grows with its rows, their length, and the
 * model's width and depth: seconds of computing, tokens and peak of this process's memory. And what
 * of rows of different lengths is padding.
 */
public final class Growth {
  private static final BenchSettings SETTINGS =
      new BenchSettings(false, false, 2, 5, Optional.empty());

  private Growth() {}

  /**
   * Prints a line for each size, over 16 times the rows, the length, the weights of a layer and the
   * layers.
   *
   * @param arguments {@code models} for the last two alone
   */
  public static void main(String[] arguments) {
    for (int width = 64; width <= 256; width *= 2) {
      print("width", width, new Load(llama(width, 6), 8, 1, 255));
    }
    for (int layers = 1; layers <= 16; layers *= 4) {
      print("layers", layers, new Load(llama(128, layers), 8, 1, 255));
    }
    if (List.of(arguments).contains("models")) {
      return;
    }
    for (int rows = 1; rows <= 16; rows *= 2) {
      print("rows", rows, new Load(Shape.LLAMA, rows, 1, 255));
    }
    for (int tokens = 32; tokens <= 512; tokens *= 2) {
      print("tokens a row", tokens, new Load(Shape.LLAMA, 8, 1, tokens - 1));
    }
    printPadding(new Load(Shape.LLAMA, 8, 1, 255), false);
    printPadding(new Load(Shape.LLAMA, 64, 1, 255), false);
    printPadding(new Load(Shape.LLAMA, 8, 64, 192), true);
    printPadding(new Load(Shape.LLAMA, 64, 64, 192), true);
  }

  /** As {@link Shape#LLAMA} but for width and layers. */
  private static Load.Model llama(int width, int layers) {
    OptionalInt none = OptionalInt.empty();
    return tiny ->
        ModelConfig.llama(4096, width, 3 * width, layers, 8, 4, 512, false, none, none, none);
  }

  private static void printPadding(Load load, boolean pairs) {
    BenchSettings ragged = new BenchSettings(true, false, 1, 1, Optional.empty());
    int[] prompts = load.prompts(ragged);
    int[] rows =
        IntStream.range(0, pairs ? 2 * prompts.length : prompts.length)
            .map(
                i ->
                    prompts[i % prompts.length]
                        + load.responses(ragged, i / prompts.length)[i % prompts.length])
            .toArray();
    int padded =
        MicroBatches.split(rows, rows.length).stream()
            .mapToInt(
                part -> part.size() * part.stream().mapToInt(row -> rows[row]).max().orElseThrow())
            .sum();
    System.out.printf(
        "| %d rows of %d in the mean | %.1f%% padding |%n",
        rows.length,
        IntStream.of(rows).sum() / rows.length,
        100.0 * padded / IntStream.of(rows).sum() - 100);
  }

  private static void print(String what, int size, Load load) {
    Measured measured = Training.sft(load, SETTINGS);
    double seconds = Laps.best(measured.laps().cpuSeconds());
    System.out.printf(
        "| %s | %d | %.1f | %.0f | %.3f | %.0f | %.1f | %d |%n",
        what,
        size,
        measured.parameters() / 1e6,
        measured.units(),
        seconds,
        1e6 * seconds / measured.units(),
        measured.work().operations() / seconds / 1e9,
        Memory.peakMegabytes());
  }
}
