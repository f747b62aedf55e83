package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;

class MicroBatchesTest {
  @AfterEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  @Test
  void partsHoldEveryRowOnceAndNoMoreThanAllowed() {
    SplittableRandom random = new SplittableRandom(5);
    for (int i = 0; i < 200; i++) {
      int[] tokens = random.ints(random.nextInt(1, 40), 1, 700).toArray();
      int most = random.nextInt(1, 12);
      List<List<Integer>> parts = MicroBatches.split(tokens, most);
      assertThat(parts.stream().flatMap(List::stream).toList())
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, tokens.length).boxed().toList());
      for (List<Integer> part : parts) {
        int longest = part.stream().mapToInt(row -> tokens[row]).max().orElseThrow();
        assertThat(part.size()).isLessThanOrEqualTo(most);
        assertThat(part.size() == 1 || part.size() * longest <= MicroBatches.MOST_TOKENS).isTrue();
      }
    }
  }

  @Test
  void whatIsWorthItIsDividedInTwo() {
    int[] four = {128, 128, 128, 128};
    assertThat(MicroBatches.split(four, 8)).containsExactly(List.of(0, 1), List.of(2, 3));
    assertThat(MicroBatches.split(new int[] {30, 10, 20}, 8)).containsExactly(List.of(1, 2, 0));
    assertThat(MicroBatches.split(new int[] {4000}, 8)).containsExactly(List.of(0));
    assertThat(MicroBatches.split(new int[0], 8)).isEmpty();
  }

  @Test
  void raggedRowsArePaddedLittle() {
    int[] tokens = new SplittableRandom(1).ints(64, 32, 480).toArray();
    int padded =
        MicroBatches.split(tokens, 64).stream()
            .mapToInt(
                part -> part.size() * part.stream().mapToInt(row -> tokens[row]).max().orElse(0))
            .sum();
    assertThat(padded).isLessThan(IntStream.of(tokens).sum() * 11 / 10);
  }

  @Test
  void aPartThatFailsLeavesNothingBehindAndIsToldOnce() {
    Engine.configure("cpu", 2);
    try (Transformer model =
        Transformer.random(TinyFamilies.config(Family.LLAMA), EnumSet.of(Head.LANGUAGE), 1)) {
      model.weights().setTrainable(name -> true);
      Runnable failing =
          () ->
              assertThatThrownBy(
                      () ->
                          MicroBatches.accumulate(
                              List.of(model),
                              IntStream.range(0, 8).mapToObj(List::of).toList(),
                              part -> numbers(model, part.get(0))))
                  .isInstanceOf(IllegalStateException.class)
                  .hasMessage("part 0")
                  .hasNoSuppressedExceptions();
      failing.run();
      NativeMemory.assertNoneLeftBy(failing);
    }
  }

  private static double[] numbers(Transformer model, int part) {
    Tensor hidden = model.hidden(TokenBatch.of(new int[][] {{1, 2, 3}}));
    Tensor loss = model.logits(hidden).square().sum();
    loss.backward();
    if (part == 0) {
      throw new IllegalStateException("part " + part);
    }
    return new double[] {loss.item_double()};
  }

  @Test
  void gradientsAddUpOverCallsAsOverParts() {
    try (Transformer model =
        Transformer.random(TinyFamilies.config(Family.LLAMA), EnumSet.of(Head.LANGUAGE), 1)) {
      model.weights().setTrainable(name -> true);
      List<double[]> once =
          MicroBatches.accumulate(
              List.of(model, model),
              List.of(List.of(1), List.of(2), List.of(3)),
              part -> numbers(model, part.get(0)));
      Map<String, double[]> together = TinyModels.takeGradients(model);
      for (int part = 1; part <= 3; part++) {
        MicroBatches.accumulate(
            List.of(model), List.of(List.of(part)), p -> numbers(model, p.get(0)));
      }
      TinyModels.assertSameGradients(TinyModels.takeGradients(model), together, 0);
      assertThat(once).hasSize(3).allMatch(each -> Arrays.equals(each, once.get(0)));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsHandedOnWhileAPassGoesOnAreTheSameBytesForEveryNumberOfThreads(boolean half) {
    if (half) {
      Engine.useDtype("bfloat16");
    }
    OptionalInt none = OptionalInt.empty();
    // Wide enough that the matrices' gradients are worth handing on.
    ModelConfig wide = ModelConfig.llama(97, 160, 200, 2, 4, 2, 64, false, none, none, none);
    try (Transformer model = Transformer.random(wide, EnumSet.of(Head.LANGUAGE), 1)) {
      model.weights().setTrainable(name -> true);
      AnyThreads.giveTheSame(
          threads -> {
            MicroBatches.accumulate(
                List.of(model),
                IntStream.range(0, 7).mapToObj(List::of).toList(),
                part -> ofTokens(model, part.get(0)));
            return Arrays.toString(
                    TinyModels.takeGradients(model).values().stream()
                        .flatMapToDouble(Arrays::stream)
                        .toArray())
                .getBytes(StandardCharsets.UTF_8);
          });
    } finally {
      Engine.useDtype("float32");
    }
  }

  private static double[] ofTokens(Transformer model, int seed) {
    int[] tokens = new SplittableRandom(seed).ints(20, 0, 97).toArray();
    Tensor loss =
        model.logits(model.hidden(TokenBatch.of(new int[][] {tokens}))).log_softmax(-1).mean();
    loss.backward();
    return new double[] {loss.item_double()};
  }

  @Test
  void whatIsMeasuredStandsWithItsRow() {
    int[] tokens = new SplittableRandom(2).ints(50, 1, 300).toArray();
    double[][] found =
        MicroBatches.perRow(
            MicroBatches.split(tokens, 7),
            part -> {
              double[] numbers =
                  part.stream().flatMapToDouble(row -> DoubleStream.of(row, -row)).toArray();
              return Ops.doubles(numbers, part.size(), 2);
            });
    assertThat(found).hasNumberOfRows(50);
    for (int row = 0; row < 50; row++) {
      assertThat(found[row]).containsExactly(row, -row);
    }
  }
}
