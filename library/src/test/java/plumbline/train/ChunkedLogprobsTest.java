package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.AnyThreads;
import plumbline.GradientCheck;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.model.Head;
import plumbline.model.MicroBatches;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class ChunkedLogprobsTest {
  private static final int VOCABULARY = 37;
  private static final int ROWS = 3;
  private static final int WIDTH = 5;
  private static final int DEPTH = 32;
  private static final String EMBEDDING = "model.embed_tokens.weight";

  private final Transformer model =
      Transformer.random(TinyModels.config(VOCABULARY), EnumSet.of(Head.LANGUAGE), 3);
  private final SplittableRandom random = new SplittableRandom(5);
  private final double[] states = GradientCheck.normal(random, ROWS * WIDTH * DEPTH);
  private final long[] ids = random.longs(ROWS * WIDTH, 0, VOCABULARY).toArray();

  ChunkedLogprobsTest() {
    TinyModels.sharpen(model, 30);
  }

  @AfterEach
  void close() {
    model.close();
  }

  private Tensor states() {
    return GradientCheck.leaf(
        Ops.doubles(states, ROWS, WIDTH, DEPTH)
            .to(model.weights().get(EMBEDDING).scalar_type().intern()));
  }

  private Tensor ids() {
    return Ops.longs(ids, ROWS, WIDTH);
  }

  private double[] embedding() {
    return Scopes.call(() -> Ops.toDoubles(model.weights().get(EMBEDDING)));
  }

  /** Log-prob and entropy of each position by loops in double precision. */
  private double[][] naive(double temperature) {
    double[] weight = embedding();
    double[][] numbers = new double[2][ids.length];
    for (int n = 0; n < ids.length; n++) {
      double[] z = new double[VOCABULARY];
      double total = 0;
      for (int v = 0; v < VOCABULARY; v++) {
        for (int d = 0; d < DEPTH; d++) {
          z[v] += states[n * DEPTH + d] * weight[v * DEPTH + d] / temperature;
        }
        total += Math.exp(z[v]);
      }
      for (double logit : z) {
        double logp = logit - Math.log(total);
        numbers[1][n] -= Math.exp(logp) * logp;
      }
      numbers[0][n] = z[(int) ids[n]] - Math.log(total);
    }
    return numbers;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2 * VOCABULARY, 7 * VOCABULARY + 3, 15 * VOCABULARY, 1 << 20})
  void chunksOfAnySizeGiveWhatNaiveLoopsGive(long mostLogits) {
    for (double temperature : new double[] {1, 0.7}) {
      double[][] wanted = naive(temperature);
      Scopes.run(
          () -> {
            ChunkedLogprobs chunked = new ChunkedLogprobs(model, temperature, mostLogits);
            assertClose(Ops.toDoubles(chunked.logprobs(states(), ids())), wanted[0]);
            Logprobs.WithEntropy both = chunked.withEntropy(states(), ids(), false);
            assertClose(Ops.toDoubles(both.logprobs()), wanted[0]);
            assertClose(Ops.toDoubles(both.entropy()), wanted[1]);
            Tensor unrecorded = Scopes.noGrad(() -> chunked.logprobs(states(), ids()));
            assertThat(unrecorded.requires_grad()).isFalse();
            assertClose(Ops.toDoubles(unrecorded), wanted[0]);
          });
    }
  }

  private static void assertClose(double[] got, double[] wanted) {
    assertThat(got).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(got[i]).isCloseTo(wanted[i], within(2e-5 * Math.max(1, Math.abs(wanted[i]))));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 4 * VOCABULARY, 14 * VOCABULARY})
  void gradientsAreThoseOfOneChunk(long mostLogits) {
    TinyModels.toDouble(model);
    model.weights().setTrainable(name -> name.equals(EMBEDDING));
    for (boolean trained : new boolean[] {false, true}) {
      double[][] whole = gradients(1 << 20, trained);
      double[][] chunked = gradients(mostLogits, trained);
      for (int i = 0; i < whole.length; i++) {
        assertThat(chunked[i]).hasSameSizeAs(whole[i]);
        for (int j = 0; j < whole[i].length; j++) {
          assertThat(chunked[i][j]).isCloseTo(whole[i][j], within(1e-11));
        }
      }
    }
  }

  /** Gradients of states and weight where the states have a second use, like a value head's. */
  private double[][] gradients(long mostLogits, boolean trained) {
    return Scopes.call(
        () -> {
          Tensor leaf = states();
          Tensor shared = leaf.mul(leaf);
          Logprobs.WithEntropy found =
              new ChunkedLogprobs(model, 0.7, mostLogits).withEntropy(shared, ids(), trained);
          Tensor loss = found.logprobs().square().sum().add(shared.exp().sum());
          if (trained) {
            loss = loss.add(found.entropy().square().sum());
          } else {
            assertThat(found.entropy().detach().sum().item_double()).isPositive();
          }
          loss.backward();
          Tensor weight = model.weights().get(EMBEDDING);
          double[] ofWeight = Ops.toDoubles(weight.grad());
          weight.mutable_grad().reset();
          return new double[][] {Ops.toDoubles(leaf.grad()), ofWeight};
        });
  }

  @Test
  void aMeasuredEntropyChangesNoGradient() {
    model.weights().setTrainable(name -> name.equals(EMBEDDING));
    Scopes.run(
        () -> {
          for (long mostLogits : new long[] {1, 1 << 20}) {
            Tensor leaf = states();
            Logprobs.WithEntropy found =
                new ChunkedLogprobs(model, 1, mostLogits).withEntropy(leaf, ids(), false);
            found.logprobs().sum().add(found.entropy().sum()).backward();
            double[] withEntropy = Ops.toDoubles(leaf.grad());
            leaf.mutable_grad().reset();
            new ChunkedLogprobs(model, 1, mostLogits).logprobs(leaf, ids()).sum().backward();
            assertThat(withEntropy).isEqualTo(Ops.toDoubles(leaf.grad()));
          }
        });
    Scopes.run(() -> model.weights().get(EMBEDDING).mutable_grad().reset());
  }

  @Test
  void stepsLeaveNoNativeObjectBehind() {
    model.weights().setTrainable(name -> name.equals(EMBEDDING));
    Runnable step =
        () ->
            Scopes.run(
                () -> {
                  ChunkedLogprobs chunked = new ChunkedLogprobs(model, 1, 2 * VOCABULARY);
                  chunked.logprobs(states(), ids()).sum().backward();
                  model.weights().get(EMBEDDING).mutable_grad().reset();
                  Scopes.noGrad(() -> chunked.withEntropy(states(), ids(), false));
                });
    for (int i = 0; i < 3; i++) {
      step.run();
    }
    NativeMemory.assertNoneLeftBy(
        () -> {
          for (int i = 0; i < 5; i++) {
            step.run();
          }
        });
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    Scopes.run(
        () ->
            assertThatThrownBy(
                    () -> Logprobs.ofStates(model, states(), Ops.longs(ids, ROWS * WIDTH, 1), 1))
                .hasMessageContaining("[3, 5, 32]")
                .hasMessageContaining("[15, 1]"));
  }

  @Test
  void statesMayBeOfAnyLayout() {
    Scopes.run(
        () -> {
          Tensor turned =
              Ops.doubles(states, ROWS, WIDTH, DEPTH)
                  .to(ScalarType.Float)
                  .transpose(0, 1)
                  .contiguous()
                  .transpose(0, 1);
          ChunkedLogprobs chunked = new ChunkedLogprobs(model, 1, 2 * VOCABULARY);
          assertClose(Ops.toDoubles(chunked.logprobs(turned, ids())), naive(1)[0]);
        });
  }

  @Test
  void gradientsOfChunksAreTheSameBytesForEveryNumberOfThreads() {
    model.weights().setTrainable(name -> true);
    AnyThreads.giveTheSame(
        threads -> {
          MicroBatches.accumulate(
              List.of(model), List.of(List.of(0), List.of(1), List.of(2)), this::ofRow);
          return Arrays.toString(
                  TinyModels.takeGradients(model).values().stream()
                      .flatMapToDouble(Arrays::stream)
                      .toArray())
              .getBytes(StandardCharsets.UTF_8);
        });
  }

  private double[] ofRow(List<Integer> part) {
    long[] own = Arrays.copyOfRange(ids, part.get(0) * WIDTH, (part.get(0) + 1) * WIDTH);
    int[][] tokens = {LongStream.of(own).mapToInt(Math::toIntExact).toArray()};
    Tensor hidden = model.hidden(TokenBatch.of(tokens));
    Tensor found =
        new ChunkedLogprobs(model, 1, 2L * VOCABULARY).logprobs(hidden, Ops.longs(own, 1, WIDTH));
    found.sum().backward();
    return Ops.toDoubles(found);
  }

  @Test
  void chunksAreFewAndOfLikeSizeAndLargerUnderATrainedHead() {
    assertThat(ChunkedLogprobs.chunk(254, 4L << 20, 50_257)).isEqualTo(64);
    assertThat(ChunkedLogprobs.chunk(80, 4L << 20, 50_257)).isEqualTo(80);
    assertThat(ChunkedLogprobs.chunk(3, 10, 37)).isEqualTo(1);
    assertThat(ChunkedLogprobs.chunk(0, 10, 37)).isEqualTo(1);
    assertThat(ChunkedLogprobs.mostLogits(50_257, 0)).isEqualTo(ChunkedLogprobs.MOST_LOGITS);
    assertThat(Logprobs.positionsAtATime(254, 50_257, 768)).isEqualTo(127);
    assertThat(Logprobs.positionsAtATime(254, 50_257, 0)).isEqualTo(64);
  }
}
