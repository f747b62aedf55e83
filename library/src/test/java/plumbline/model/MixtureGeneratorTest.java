package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** Sampling from the geometric mixture of a policy and its reference. */
class MixtureGeneratorTest {
  private static final int VOCABULARY = 50;
  private static final int END = 2;
  private final Transformer policy = tiny(7);
  private final Transformer reference = tiny(8);

  private static Transformer tiny(long seed) {
    return Transformer.random(GeneratorTest.tiny(), EnumSet.of(Head.LANGUAGE), seed);
  }

  @BeforeEach
  void sharpen() {
    TinyModels.sharpen(policy, 8);
    TinyModels.sharpen(reference, 8);
  }

  @AfterEach
  void close() {
    policy.close();
    reference.close();
  }

  private static List<int[]> prompts(int count) {
    SplittableRandom random = new SplittableRandom(3);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(random.ints(1 + random.nextInt(12), 3, VOCABULARY).toArray());
    }
    return prompts;
  }

  private static long[] seeds(int count) {
    return new SplittableRandom(11).longs(count).toArray();
  }

  private List<Generator.Generated> sampled(double share, Sampling sampling, List<int[]> prompts) {
    return Generator.ofMixture(policy, reference, share, sampling, END, 4)
        .generate(prompts, seeds(prompts.size()));
  }

  @Test
  void theEndsOfTheMixtureAreTheTwoModels() {
    Sampling sampling = new Sampling(0.9, 20, 0.95, 1.1, 16);
    List<int[]> prompts = prompts(9);
    for (boolean ofPolicy : new boolean[] {true, false}) {
      List<Generator.Generated> alone =
          new Generator(ofPolicy ? policy : reference, sampling, END, 4)
              .generate(prompts, seeds(9));
      List<Generator.Generated> mixed = sampled(ofPolicy ? 0 : 1, sampling, prompts);
      for (int i = 0; i < alone.size(); i++) {
        assertThat(mixed.get(i).ids()).isEqualTo(alone.get(i).ids());
        assertThat(mixed.get(i).logprobs()).isEqualTo(alone.get(i).logprobs());
      }
    }
  }

  @Test
  void everyTokensLogprobIsThatOfTheNormalisedGeometricMean() {
    for (double share : new double[] {0.125, 0.5, 0.8}) {
      double temperature = 0.7;
      Sampling sampling = new Sampling(temperature, 0, 1, 1, 20);
      List<int[]> prompts = prompts(9);
      List<Generator.Generated> responses = sampled(share, sampling, prompts);
      for (int i = 0; i < prompts.size(); i++) {
        TokenizedRow row = new TokenizedRow(prompts.get(i), responses.get(i).ids());
        for (int t = 0; t < row.response().length; t++) {
          int last = row.prompt().length + t - 1;
          double[] wanted = mixture(row.tokens(), last, share, temperature);
          assertThat((double) responses.get(i).logprobs()[t])
              .isCloseTo(Math.log(wanted[row.response()[t]]), within(2e-5));
        }
      }
    }
  }

  /** policy^((1 - share) / T) reference^(share / T), normalised in double precision. */
  private double[] mixture(int[] ids, int last, double share, double temperature) {
    double[] mine = probabilities(policy, ids, last);
    double[] other = probabilities(reference, ids, last);
    double total = 0;
    for (int v = 0; v < VOCABULARY; v++) {
      mine[v] = Math.pow(Math.pow(mine[v], 1 - share) * Math.pow(other[v], share), 1 / temperature);
      total += mine[v];
    }
    for (int v = 0; v < VOCABULARY; v++) {
      mine[v] /= total;
    }
    return mine;
  }

  private static double[] probabilities(Transformer model, int[] ids, int last) {
    double[] logits =
        Scopes.call(() -> Ops.toDoubles(model.logits(model.hidden(TokenBatch.of(ids)))));
    double[] found = new double[VOCABULARY];
    double total = 0;
    for (int v = 0; v < VOCABULARY; v++) {
      found[v] = Math.exp(logits[last * VOCABULARY + v]);
      total += found[v];
    }
    for (int v = 0; v < VOCABULARY; v++) {
      found[v] /= total;
    }
    return found;
  }

  @Test
  void tokensAreDrawnWithTheMixturesProbabilities() {
    int[] prompt = {5, 9};
    int draws = 4000;
    double share = 0.3;
    List<Generator.Generated> responses =
        Generator.ofMixture(policy, reference, share, Sampling.full(1), -1, 500)
            .generate(Collections.nCopies(draws, prompt), seeds(draws));
    double[] counts = new double[VOCABULARY];
    responses.forEach(response -> counts[response.ids()[0]]++);
    double[] wanted = mixture(prompt, 1, share, 1);
    for (int token = 0; token < VOCABULARY; token++) {
      double deviation = Math.sqrt(wanted[token] * (1 - wanted[token]) / draws);
      assertThat(counts[token] / draws).isCloseTo(wanted[token], within(4.5 * deviation + 1e-4));
    }
  }

  @Test
  void generatingMoreLeavesNoTensorBehind() {
    Sampling sampling = Sampling.full(12);
    sampled(0.5, sampling, prompts(5));
    NativeMemory.assertNoneLeftBy(() -> sampled(0.5, sampling, prompts(5)));
  }

  @Test
  void whatCannotBeMixedIsRefused() {
    assertThatThrownBy(() -> sampled(1.5, Sampling.full(4), prompts(1)))
        .hasMessage("share is 1.5, wanted from 0 to 1");
  }
}
