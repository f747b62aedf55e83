package plumbline.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.data.TemporaryFolder;
import plumbline.model.Forward;
import plumbline.model.Generator;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelFolder;
import plumbline.model.Sampling;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * What has to hold for every checkpoint, measured on one: that padding, batches and micro-batches
 * change nothing, that sampling and training see the same probabilities, that gradients are right,
 * that saving and resuming lose nothing.
 *
 * <p>It feeds eight rows of random tokens of different lengths; nothing is written outside a
 * temporary folder.
 */
public final class SelfCheck {
  private static final int ROWS = 8;
  private static final int LONGEST = 24;

  /** Rounding of float32, as a share of the largest number compared. */
  private static final double FLOAT32 = 1e-5;

  private static final double FLOAT64 = 1e-6;

  /**
   * Steps of finite differences. A norm over a vector near zero, as the embedding of padding often
   * is, is so curved that only the smallest is small enough; a wrong gradient is wrong at each.
   */
  private static final double[] STEPS = {1e-5, 1e-6, 1e-7, 1e-8, 1e-9};

  private final long seed;
  private final List<Check> checks = new ArrayList<>();

  /**
   * One invariant.
   *
   * @param name a word for it
   * @param claim what has to hold
   * @param measured largest deviation found, as a share of the largest number compared
   * @param limit largest deviation allowed; 0 where the bytes have to be the same
   */
  public record Check(String name, String claim, double measured, double limit) {

    public boolean holds() {
      return measured <= limit;
    }
  }

  private SelfCheck(long seed) {
    this.seed = seed;
  }

  /**
   * Checks the model of a Hugging Face folder in float32, its gradients in float64.
   *
   * @throws plumbline.InputException if the folder cannot be loaded
   */
  public static List<Check> of(Path folder, long seed) {
    SelfCheck check = new SelfCheck(seed);
    String before = Engine.dtype();
    try {
      Engine.useDtype("float32");
      try (Transformer model = ModelFolder.load(folder).intoMerged()) {
        check.inference(model);
      }
      Engine.useDtype("float64");
      try (Transformer model = ModelFolder.load(folder).intoMerged()) {
        check.training(model);
      }
    } finally {
      Engine.useDtype(before);
    }
    return List.copyOf(check.checks);
  }

  private void add(String name, String claim, double measured, double limit) {
    checks.add(new Check(name, claim, measured, limit));
  }

  private static int[][] rows(Transformer model, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int longest = Math.min(LONGEST, model.config().maxPositions());
    return IntStream.range(0, ROWS)
        .mapToObj(
            b ->
                random
                    .ints(Math.max(2, longest - 2 * b), 0, model.config().vocabularySize())
                    .toArray())
        .toArray(int[][]::new);
  }

  // ---- inference

  private void inference(Transformer model) {
    int[][] rows = rows(model, seed);
    List<double[]> alone =
        Arrays.stream(rows).map(row -> outputs(model, List.of(row), false, 0).get(0)).toList();
    List<double[]> right = outputs(model, List.of(rows), false, 0);
    add("batch", "a row's outputs do not depend on its batch", apart(right, alone), FLOAT32);
    add(
        "padding side",
        "padding on the left or on the right changes nothing",
        apart(outputs(model, List.of(rows), true, 0), right),
        0);
    add(
        "padding value",
        "which token fills a batch changes nothing",
        apart(outputs(model, List.of(rows), false, model.config().vocabularySize() - 1), right),
        0);
    add(
        "save and load",
        "a saved model gives the same bytes",
        savedAndLoaded(rows, right, model),
        0);
    adapter(model, rows, right);
    if (model.heads().contains(Head.LANGUAGE)) {
      double apart = sampledApart(model, rows);
      add(
          "sampling",
          "log-probs recorded while sampling are those of the training forward",
          apart,
          FLOAT32);
      add("first ratio", "the first update's probability ratio is 1", Math.expm1(apart), FLOAT32);
    }
  }

  /** All numbers that each row's tokens get from the model's heads. */
  private static List<double[]> outputs(
      Transformer model, List<int[]> rows, boolean padLeft, int padding) {
    int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
    int[][] ids = new int[rows.size()][width];
    int[][] mask = new int[rows.size()][width];
    int[] starts = new int[rows.size()];
    for (int b = 0; b < ids.length; b++) {
      int[] row = rows.get(b);
      starts[b] = padLeft ? width - row.length : 0;
      Arrays.fill(ids[b], padding);
      System.arraycopy(row, 0, ids[b], starts[b], row.length);
      Arrays.fill(mask[b], starts[b], starts[b] + row.length, 1);
    }
    Map<String, Object> result = new Forward(ids, mask, new int[0][]).run(model);
    return IntStream.range(0, ids.length)
        .mapToObj(b -> numbers(result, b, starts[b], rows.get(b).length))
        .toList();
  }

  private static double[] numbers(Map<String, Object> result, int b, int start, int length) {
    DoubleStream all = DoubleStream.empty();
    if (result.get("scores") instanceof float[] one) {
      all = DoubleStream.of(one[b]);
    } else if (result.get("scores") instanceof float[][] several) {
      all = doubles(several[b], 0, several[b].length);
    }
    if (result.get("embeddings") instanceof float[][] embeddings) {
      all = doubles(embeddings[b], 0, embeddings[b].length);
    }
    if (result.get("logprobs") instanceof float[][] logprobs) {
      all = DoubleStream.concat(all, doubles(logprobs[b], start, start + length - 1));
    }
    if (result.get("values") instanceof float[][] values) {
      all = DoubleStream.concat(all, doubles(values[b], start, start + length));
    }
    return all.toArray();
  }

  private static DoubleStream doubles(float[] values, int from, int to) {
    return IntStream.range(from, to).mapToDouble(i -> values[i]);
  }

  private static double apart(List<double[]> found, List<double[]> wanted) {
    return apart(
        found.stream().flatMapToDouble(Arrays::stream).toArray(),
        wanted.stream().flatMapToDouble(Arrays::stream).toArray());
  }

  /** The largest difference as a share of the largest number; infinite if one is not finite. */
  private static double apart(double[] found, double[] wanted) {
    double largest = Arrays.stream(wanted).map(Math::abs).max().orElse(0);
    double difference =
        IntStream.range(0, wanted.length)
            .mapToDouble(i -> Math.abs(found[i] - wanted[i]))
            .map(d -> Double.isFinite(d) ? d : Double.POSITIVE_INFINITY)
            .max()
            .orElse(0);
    return difference == 0 ? 0 : difference / Math.max(largest, Double.MIN_NORMAL);
  }

  private static double savedAndLoaded(int[][] rows, List<double[]> wanted, Transformer model) {
    try (TemporaryFolder folder = TemporaryFolder.create("plumbline-selfcheck")) {
      ModelFolder.save(model, folder.path());
      try (Transformer loaded = ModelFolder.load(folder.path())) {
        return apart(outputs(loaded, List.of(rows), false, 0), wanted);
      }
    }
  }

  /** A random adapter over the model's weights, off, on, and merged into a copy of them. */
  private void adapter(Transformer model, int[][] rows, List<double[]> base) {
    Lora lora = Lora.of(2, 4, LoraTargets.allLinear());
    Transformer adapted = model.withAdapter(lora, model.heads(), seed);
    SplittableRandom random = new SplittableRandom(seed + 3);
    adapted
        .weights()
        .own()
        .forEach(
            (name, tensor) -> {
              if (name.contains(".lora_B.")) {
                double[] values = random.doubles(tensor.numel(), -0.05, 0.05).toArray();
                Scopes.run(() -> tensor.copy_(Ops.doubles(values, Ops.shape(tensor))));
              }
            });
    List<double[]> on = outputs(adapted, List.of(rows), false, 0);
    // A value head that was never trained says 0 whatever lies below it.
    boolean silent = base.stream().flatMapToDouble(Arrays::stream).allMatch(x -> x == 0);
    add(
        "adapter off",
        "a model stays the same under an adapter that changes its outputs",
        apart(on, base) > 0 || silent
            ? apart(outputs(model, List.of(rows), false, 0), base)
            : Double.POSITIVE_INFINITY,
        0);
    try (Transformer merged = adapted.intoMerged()) {
      add(
          "adapter merged",
          "an adapter merged into the weights gives what it gives beside them",
          apart(outputs(merged, List.of(rows), false, 0), on),
          FLOAT32);
    }
  }

  private double sampledApart(Transformer model, int[][] rows) {
    int context = model.config().maxPositions();
    List<int[]> prompts =
        Arrays.stream(rows)
            .map(row -> Arrays.copyOf(row, Math.min(row.length, context - 1)))
            .toList();
    int count = Math.min(8, context - prompts.get(0).length);
    List<Generator.Generated> drawn;
    try (Transformer copy = model.forSampling(Optional.empty())) {
      drawn =
          new Generator(copy, Sampling.full(count), -1, ROWS)
              .generate(prompts, new SplittableRandom(seed).longs(ROWS).toArray());
    }
    List<double[]> recorded = new ArrayList<>();
    List<double[]> recomputed = new ArrayList<>();
    for (int b = 0; b < ROWS; b++) {
      int[] prompt = prompts.get(b);
      int[] response = drawn.get(b).ids();
      int[] whole = IntStream.concat(IntStream.of(prompt), IntStream.of(response)).toArray();
      int[][] ones = {IntStream.of(whole).map(id -> 1).toArray()};
      float[][] logprobs =
          (float[][])
              new Forward(new int[][] {whole}, ones, new int[0][]).run(model).get("logprobs");
      recorded.add(doubles(drawn.get(b).logprobs(), 0, response.length).toArray());
      recomputed.add(doubles(logprobs[0], prompt.length - 1, whole.length - 1).toArray());
    }
    return apart(recorded, recomputed);
  }

  // ---- training

  private void training(Transformer model) {
    TreeMap<String, Tensor> weights = new TreeMap<>(model.weights().own());
    int[][] rows = rows(model, seed + 1);
    model.weights().setTrainable(name -> true);
    double[] whole = gradient(model, rows, ROWS);
    weights.values().removeIf(weight -> !weight.grad().defined());
    for (int size : new int[] {1, 2}) {
      add(
          "micro-batches of " + size,
          "the gradient does not depend on rows per micro-batch",
          apart(gradient(model, rows, size), whole),
          FLOAT64);
    }
    add(
        "gradient",
        "the gradient is the finite difference",
        differenceApart(model, weights, rows, whole),
        FLOAT64);
    add(
        "resume",
        "a resumed optimizer goes on with the same bytes",
        resumedApart(model, weights, rows),
        0);
  }

  /** A loss that every head takes part in, over {@code total} rows. */
  private static Tensor loss(Transformer model, int[][] rows, int total) {
    TokenBatch batch = TokenBatch.of(rows);
    Tensor sum = Ops.zeros(1);
    if (model.heads().contains(Head.SCORE)) {
      sum = sum.add(torch.log_sigmoid(model.labelScores(batch)).sum());
    }
    if (model.heads().contains(Head.LANGUAGE) || model.heads().contains(Head.VALUE)) {
      Tensor hidden = model.hidden(batch);
      if (model.heads().contains(Head.LANGUAGE)) {
        int width = batch.width() - 1;
        Tensor logprobs =
            Logprobs.ofTokens(
                model.logits(hidden.narrow(1, 0, width)), batch.ids().narrow(1, 1, width));
        sum = sum.add(Ops.maskedSum(logprobs, batch.mask().narrow(1, 1, width)));
      }
      if (model.heads().contains(Head.VALUE)) {
        sum = sum.sub(Ops.maskedSum(model.values(hidden).square(), batch.mask()));
      }
    }
    if (model.heads().isEmpty()) {
      sum = sum.sub(model.meanStates(batch).pow(new Scalar(3)).sum());
    }
    return Ops.times(sum, -1.0 / total).squeeze();
  }

  /** The gradient over all rows, weight after weight; the weights keep it. */
  private static double[] gradient(Transformer model, int[][] rows, int rowsPerMicroBatch) {
    clear(model.weights().own());
    for (int from = 0; from < rows.length; from += rowsPerMicroBatch) {
      int[][] part = Arrays.copyOfRange(rows, from, from + rowsPerMicroBatch);
      Scopes.run(() -> loss(model, part, rows.length).backward());
    }
    return model.weights().own().values().stream()
        .filter(weight -> weight.grad().defined())
        .flatMapToDouble(weight -> Scopes.call(() -> DoubleStream.of(Ops.toDoubles(weight.grad()))))
        .toArray();
  }

  private static void clear(Map<String, Tensor> weights) {
    weights.values().forEach(weight -> weight.mutable_grad().reset());
  }

  /** Along one random direction: derivative by autograd against the central difference. */
  private double differenceApart(
      Transformer model, Map<String, Tensor> weights, int[][] rows, double[] gradient) {
    SplittableRandom random = new SplittableRandom(seed + 2);
    double[] direction = random.doubles(gradient.length, -1, 1).toArray();
    double derivative = 0;
    for (int i = 0; i < gradient.length; i++) {
      derivative += gradient[i] * direction[i];
    }
    double best = Double.POSITIVE_INFINITY;
    for (double step : STEPS) {
      double far = difference(model, weights, rows, direction, step);
      double near = difference(model, weights, rows, direction, step / 2);
      double limit = (4 * near - far) / 3; // Richardson: the error in step^2 cancels
      best = Math.min(best, Math.abs(limit - derivative) / Math.max(Math.abs(derivative), 1e-3));
    }
    return best;
  }

  private static double difference(
      Transformer model,
      Map<String, Tensor> weights,
      int[][] rows,
      double[] direction,
      double step) {
    move(weights, direction, step);
    double up = lossOnly(model, rows);
    move(weights, direction, -2 * step);
    double down = lossOnly(model, rows);
    move(weights, direction, step);
    return (up - down) / (2 * step);
  }

  private static double lossOnly(Transformer model, int[][] rows) {
    return Scopes.noGrad(() -> Scopes.call(() -> loss(model, rows, rows.length).item_double()));
  }

  private static void move(Map<String, Tensor> weights, double[] direction, double step) {
    int from = 0;
    for (Tensor weight : weights.values()) {
      int to = Math.toIntExact(from + weight.numel());
      double[] part = Arrays.stream(direction, from, to).map(along -> along * step).toArray();
      Scopes.noGrad(() -> Scopes.run(() -> weight.add_(Ops.doubles(part, Ops.shape(weight)))));
      from = to;
    }
  }

  /** Four steps at once against two, then two more by an optimizer restored from its state. */
  private static double resumedApart(Transformer model, Map<String, Tensor> weights, int[][] rows) {
    try (Transformer other = model.copy()) {
      other.weights().setTrainable(weights::containsKey);
      Map<String, Tensor> same = other.weights().trainable();
      try (AdamW optimizer = optimizer(weights);
          AdamW first = optimizer(same);
          AdamW second = optimizer(same)) {
        steps(model, optimizer, rows, 4);
        steps(other, first, rows, 2);
        Scopes.run(() -> second.restore(first.state()));
        steps(other, second, rows, 2);
      }
      return apart(numbers(same), numbers(weights));
    }
  }

  private static AdamW optimizer(Map<String, Tensor> weights) {
    return new AdamW(weights, 0.9, 0.999, 1e-8, 0.01);
  }

  private static void steps(Transformer model, AdamW optimizer, int[][] rows, int count) {
    for (int i = 0; i < count; i++) {
      gradient(model, rows, rows.length);
      Scopes.run(() -> optimizer.step(1e-3));
    }
  }

  private static double[] numbers(Map<String, Tensor> weights) {
    return weights.values().stream()
        .flatMapToDouble(weight -> Scopes.call(() -> DoubleStream.of(Ops.toDoubles(weight))))
        .toArray();
  }
}
