package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class GeneratorTest {
  private static final int END = 2;
  private final Transformer decoder = Transformer.random(tiny(), EnumSet.of(Head.LANGUAGE), 7);

  static ModelConfig tiny() {
    return LlamaConfig.of(
        50,
        32,
        64,
        2,
        4,
        2,
        8,
        64,
        1e-5,
        10000,
        new RotaryScaling.None(),
        false,
        false,
        false,
        OptionalInt.empty(),
        OptionalInt.of(END),
        OptionalInt.of(0));
  }

  @AfterEach
  void close() {
    decoder.close();
  }

  /** Random weights spread out, so that logits differ clearly from one another. */
  private void sharpen() {
    Scopes.noGrad(
        () ->
            Scopes.run(
                () ->
                    decoder
                        .weights()
                        .all()
                        .forEach(
                            (name, weight) -> {
                              if (!name.endsWith("norm.weight")) {
                                weight.mul_(new org.bytedeco.pytorch.Scalar(12.0));
                              }
                            })));
  }

  private static List<int[]> prompts(int count) {
    SplittableRandom random = new SplittableRandom(3);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(random.ints(1 + random.nextInt(12), 3, 50).toArray());
    }
    return prompts;
  }

  private static long[] seeds(int count) {
    return new SplittableRandom(11).longs(count).toArray();
  }

  @Test
  void recordedLogprobsEqualTheTrainingForward() {
    sharpen();
    Sampling sampling = new Sampling(0.8, 0, 1, 1, 20);
    List<int[]> prompts = prompts(9);
    List<Generator.Generated> responses =
        new Generator(decoder, sampling, END, 4).generate(prompts, seeds(9));
    for (int i = 0; i < prompts.size(); i++) {
      int[] prompt = prompts.get(i);
      Generator.Generated response = responses.get(i);
      int[] row = Arrays.copyOf(prompt, prompt.length + response.ids().length);
      System.arraycopy(response.ids(), 0, row, prompt.length, response.ids().length);
      float[] expected = logprobs(row, prompt.length, 0.8);
      for (int t = 0; t < expected.length; t++) {
        assertThat(response.logprobs()[t]).isCloseTo(expected[t], within(1e-5f));
      }
    }
  }

  private float[] logprobs(int[] row, int promptLength, double temperature) {
    return Scopes.call(
        () -> {
          TokenBatch batch = TokenBatch.of(row);
          Tensor logits = Ops.times(decoder.logits(decoder.hidden(batch)), 1 / temperature);
          Tensor next =
              torch
                  .log_softmax(logits.narrow(1, 0, row.length - 1), 2)
                  .gather(2, batch.ids().narrow(1, 1, row.length - 1).unsqueeze(2));
          float[] all = Ops.toFloats(next);
          return Arrays.copyOfRange(all, promptLength - 1, all.length);
        });
  }

  @Test
  void aRowsResponseDoesNotDependOnTheRowsBesideIt() {
    sharpen();
    Sampling sampling = new Sampling(1, 20, 0.95, 1.1, 16);
    List<int[]> prompts = prompts(8);
    long[] seeds = seeds(8);
    List<Generator.Generated> together =
        new Generator(decoder, sampling, END, 8).generate(prompts, seeds);
    for (int i = 0; i < prompts.size(); i++) {
      Generator.Generated alone =
          new Generator(decoder, sampling, END, 1)
              .generate(List.of(prompts.get(i)), new long[] {seeds[i]})
              .get(0);
      assertThat(alone.ids()).isEqualTo(together.get(i).ids());
    }
  }

  @Test
  void theSameSeedGivesTheSameResponseAndAnotherSeedAnother() {
    List<int[]> prompts = prompts(6);
    Generator generator = new Generator(decoder, Sampling.full(20), END, 6);
    long[] seeds = seeds(6);
    List<Generator.Generated> first = generator.generate(prompts, seeds);
    List<Generator.Generated> again = generator.generate(prompts, seeds);
    List<Generator.Generated> other =
        generator.generate(prompts, Arrays.stream(seeds).map(seed -> seed + 1).toArray());
    int different = 0;
    for (int i = 0; i < 6; i++) {
      assertThat(again.get(i).ids()).isEqualTo(first.get(i).ids());
      assertThat(again.get(i).logprobs()).isEqualTo(first.get(i).logprobs());
      different += Arrays.equals(other.get(i).ids(), first.get(i).ids()) ? 0 : 1;
    }
    assertThat(different).isGreaterThan(3);
  }

  @Test
  void tokensAreDrawnWithTheModelsProbabilities() {
    sharpen();
    int[] prompt = {5, 9};
    int draws = 4000;
    List<int[]> prompts = java.util.Collections.nCopies(draws, prompt);
    List<Generator.Generated> responses =
        new Generator(decoder, Sampling.full(1), -1, 500).generate(prompts, seeds(draws));
    double[] counts = new double[50];
    responses.forEach(response -> counts[response.ids()[0]]++);
    double[] wanted =
        Scopes.call(
            () ->
                Ops.toDoubles(
                    torch.softmax(
                        decoder.logits(decoder.hidden(TokenBatch.of(prompt))).select(1, 1), 1)));
    for (int token = 0; token < 50; token++) {
      double deviation = Math.sqrt(wanted[token] * (1 - wanted[token]) / draws);
      assertThat(counts[token] / draws).isCloseTo(wanted[token], within(4.5 * deviation + 1e-4));
    }
  }

  @Test
  void generatingMoreLeavesNoTensorBehind() {
    Generator generator = new Generator(decoder, new Sampling(1, 5, 0.9, 1.2, 12), END, 3);
    generator.generate(prompts(5), seeds(5));
    long before = Pointer.totalCount();
    for (int i = 0; i < 5; i++) {
      generator.generate(prompts(5), seeds(5));
    }
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  @Test
  void everyTokenIsToldAsItIsDrawn() {
    Generator generator = new Generator(decoder, Sampling.full(12), END, 2);
    List<List<Integer>> told = new ArrayList<>();
    prompts(5).forEach(prompt -> told.add(new ArrayList<>()));
    List<Generator.Generated> responses =
        generator.generate(prompts(5), seeds(5), (row, token) -> told.get(row).add(token));
    for (int row = 0; row < 5; row++) {
      assertThat(told.get(row).stream().mapToInt(token -> token).toArray())
          .isEqualTo(responses.get(row).ids());
    }
  }

  @Test
  void aPromptThatFillsTheContextIsRefused() {
    List<int[]> tooLong = List.of(new int[64]);
    Generator generator = new Generator(decoder, Sampling.greedy(4), END, 1);
    assertThatThrownBy(() -> generator.generate(tooLong, new long[1]))
        .hasMessage(
            "prompt 0 has 64 tokens, the model's context of 64 leaves no room for a response");
  }

  @Test
  void responsesStopAtTheContextsEnd() {
    int[] prompt = new int[60];
    Arrays.fill(prompt, 4);
    Generator.Generated response =
        new Generator(decoder, Sampling.full(20), -1, 1)
            .generate(List.of(prompt), new long[] {1})
            .get(0);
    assertThat(response.ids()).hasSize(4);
    assertThat(response.ended()).isFalse();
  }
}
