package plumbline.dpo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.config.Config;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelConfig;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.AdamW;
import plumbline.train.Memory;

/**
 * Updates of DPO in two ways in turn: a pair as one row behind one prompt against log-probs of the
 * reference that are there already, and chosen and rejected responses as padded rows of their own
 * in the data's order, through the policy and through the reference.
 */
public final class PairThroughput implements AutoCloseable {
  private static final double BETA = 0.1;
  private static final int REPEATS = 3;

  private final Transformer reference;
  private final Transformer policy;
  private final List<TokenPair> pairs;
  private final int pairsPerMicroBatch;
  private final PairForward forward;
  private final AdamW optimizer;

  /**
   * Sets up an update.
   *
   * @param adapter whether an adapter is trained, its base being the reference; else all weights
   * @param ragged whether lengths differ: prompts from 1/8 to 15/8 of {@code prompt} tokens, and
   *     responses likewise
   */
  PairThroughput(
      ModelConfig config, boolean adapter, boolean ragged, int count, int prompt, int response) {
    this.reference = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 1);
    this.policy =
        adapter
            ? reference.withAdapter(
                Lora.of(8, 16, LoraTargets.allLinear()), EnumSet.of(Head.LANGUAGE), 2)
            : reference.copy();
    moveAway(policy);
    policy.weights().setTrainable(name -> true);
    this.pairs = pairs(config.vocabularySize(), ragged, count, prompt, response);
    this.pairsPerMicroBatch = Math.max(1, count / 2);
    this.forward =
        new PairForward(
            Config.parse(
                    "{model: m, data: d, pairs_per_micro_batch: " + pairsPerMicroBatch + "}",
                    "throughput")
                .bind(DpoConfig.class));
    this.optimizer = new AdamW(policy.weights().trainable(), 0.9, 0.95, 1e-8, 0);
  }

  private static void moveAway(Transformer policy) {
    Scopes.noGrad(
        () ->
            Scopes.run(
                () -> {
                  torch.manual_seed(3);
                  policy
                      .weights()
                      .own()
                      .values()
                      .forEach(w -> w.add_(torch.randn_like(w).mul(new Scalar(0.01))));
                }));
  }

  private static List<TokenPair> pairs(
      int vocabulary, boolean ragged, int count, int prompt, int response) {
    SplittableRandom random = new SplittableRandom(4);
    List<TokenPair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] asked = ids(random, vocabulary, ragged, prompt);
      pairs.add(
          new TokenPair(
              new TokenizedRow(asked, ids(random, vocabulary, ragged, response)),
              new TokenizedRow(asked, ids(random, vocabulary, ragged, response)),
              0));
    }
    return pairs;
  }

  private static int[] ids(SplittableRandom random, int vocabulary, boolean ragged, int length) {
    int tokens = ragged ? random.nextInt(length / 8, 2 * length - length / 8 + 1) : length;
    return random.ints(tokens, 0, vocabulary).toArray();
  }

  /** What the reference says of all pairs, as the cache keeps it. */
  float[] reference() {
    return forward.values(reference, pairs);
  }

  /** Adds the gradients of all pairs, each as one row; returns the loss. */
  double together(float[] cached) {
    double loss = 0;
    List<TokenizedRow> lengths = pairs.stream().map(TokenPair::chosen).toList();
    for (List<Integer> places : TokenizedRow.microBatches(lengths, pairsPerMicroBatch)) {
      List<TokenPair> part = places.stream().map(pairs::get).toList();
      int[] rows = places.stream().mapToInt(i -> i).toArray();
      loss +=
          Scopes.call(
              () ->
                  backward(forward.of(policy, part, ReferenceLogprobs.at(cached, rows, 2)).pair()));
    }
    return loss;
  }

  /** The same, each response as a row of its own, the reference asked on the way. */
  double apart() {
    double loss = 0;
    UnpairedForward single = new UnpairedForward(pairsPerMicroBatch);
    for (int from = 0; from < pairs.size(); from += pairsPerMicroBatch) {
      List<TokenPair> part = pairs.subList(from, Math.min(pairs.size(), from + pairsPerMicroBatch));
      List<TokenizedRow> chosen = part.stream().map(TokenPair::chosen).toList();
      List<TokenizedRow> rejected = part.stream().map(TokenPair::rejected).toList();
      loss +=
          Scopes.call(
              () -> {
                List<Tensor> other =
                    Scopes.noGrad(
                        () ->
                            List.of(single.of(reference, chosen), single.of(reference, rejected)));
                return backward(
                    new PairLogprobs(
                        single.of(policy, chosen),
                        single.of(policy, rejected),
                        other.get(0),
                        other.get(1)));
              });
    }
    return loss;
  }

  private double backward(PairLogprobs pair) {
    Tensor h = pair.chosenRatio().sub(pair.rejectedRatio());
    Tensor losses = PairLoss.sigmoid(h, BETA, torch.ones_like(h), torch.zeros_like(h));
    Tensor loss = Ops.times(losses.sum(), 1.0 / pairs.size());
    loss.backward();
    return loss.item_double();
  }

  /** The gradients added so far, which are then forgotten. */
  Map<String, double[]> takeGradients() {
    Map<String, double[]> gradients = new LinkedHashMap<>();
    Scopes.run(
        () ->
            policy
                .weights()
                .trainable()
                .forEach((name, weight) -> gradients.put(name, Ops.toDoubles(weight.grad()))));
    Scopes.run(optimizer::clearGradients);
    return gradients;
  }

  private void step() {
    Scopes.run(
        () -> {
          optimizer.step(0);
          optimizer.clearGradients();
        });
  }

  @Override
  public void close() {
    optimizer.close();
    policy.close();
    reference.close();
  }

  /** One way's seconds and growth of the process's peak in MiB, of all repeats. */
  private static final class Times {
    private final List<Double> seconds = new ArrayList<>();
    private final List<Double> growth = new ArrayList<>();

    void add(Runnable way) {
      if (!Memory.forgetPeak()) {
        throw new IllegalStateException("this system does not forget a process's peak");
      }
      long before = Memory.residentMegabytes();
      long start = System.nanoTime();
      way.run();
      seconds.add((System.nanoTime() - start) / 1e9);
      growth.add((double) (Memory.peakMegabytes() - before));
    }

    static double median(List<Double> values) {
      double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
      return sorted[sorted.length / 2];
    }
  }

  /**
   * Prints medians and ratios of both ways, for equal and ragged lengths, all weights and LoRA;
   * {@code args}: only those whose names are among them.
   */
  public static void main(String[] args) {
    Engine.configure("cpu", 1);
    OptionalInt none = OptionalInt.empty();
    ModelConfig config = ModelConfig.llama(2000, 256, 768, 2, 8, 4, 512, false, none, none, none);
    for (boolean adapter : new boolean[] {false, true}) {
      for (boolean ragged : new boolean[] {false, true}) {
        String label = (adapter ? "lora" : "full") + (ragged ? "-ragged" : "-equal");
        if (args.length == 0 || List.of(args).contains(label)) {
          try (PairThroughput both = new PairThroughput(config, adapter, ragged, 8, 128, 64)) {
            both.measure(label);
          }
        }
      }
    }
  }

  private void measure(String label) {
    float[] cached = reference();
    Times asked = new Times();
    Times together = new Times();
    Times apart = new Times();
    // The first of each warms up, and shows that both are the same thing.
    double one = together(cached);
    Map<String, double[]> wanted = takeGradients();
    check(one, apart(), wanted, takeGradients());
    for (int repeat = 0; repeat < REPEATS; repeat++) {
      asked.add(this::reference);
      together.add(() -> together(cached));
      step();
      apart.add(this::apart);
      step();
    }
    double before = Times.median(asked.seconds);
    double ours = Times.median(together.seconds);
    double theirs = Times.median(apart.seconds);
    System.out.printf(
        Locale.ROOT,
        "%s: together %.2f pairs/s and %.0f MiB, apart %.2f pairs/s and %.0f MiB: %.2f times as"
            + " fast, %.2f with the reference's one pass, %.2f of the memory%n",
        label,
        pairs.size() / ours,
        Times.median(together.growth),
        pairs.size() / theirs,
        Times.median(apart.growth),
        theirs / ours,
        theirs / (ours + before),
        Times.median(together.growth) / Times.median(apart.growth));
  }

  /** Both ways give one loss and one gradient. */
  static void check(
      double loss, double other, Map<String, double[]> wanted, Map<String, double[]> found) {
    if (Math.abs(loss - other) > 1e-5 * Math.abs(other)) {
      throw new IllegalStateException("the loss is " + loss + " one way and " + other + " another");
    }
    wanted.forEach(
        (name, gradient) -> {
          double largest = Arrays.stream(gradient).map(Math::abs).max().orElseThrow();
          for (int i = 0; i < gradient.length; i++) {
            double gap = Math.abs(gradient[i] - found.get(name)[i]);
            if (largest == 0 || gap > 1e-3 * largest) {
              throw new IllegalStateException(
                  "the gradient of "
                      + name
                      + " differs by "
                      + gap
                      + " where it reaches "
                      + largest);
            }
          }
        });
  }
}
