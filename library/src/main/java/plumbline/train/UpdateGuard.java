package plumbline.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import plumbline.InputException;
import plumbline.model.Halving;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Scopes;

/**
 * What becomes of an update whose loss, gradients or log-probs are not finite: training stops, or
 * does without it. Either way nothing has moved, the first place is named, and the update's rows
 * are kept in {@code nonfinite/step-N.json} of the run directory. And of its micro-batches, if they
 * do not fit the memory: they are halved, if that is allowed.
 */
public final class UpdateGuard {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String FOLDER = "nonfinite";

  private final Transformer model;
  private final OptimizerConfig config;
  private final RunDirectory run;
  private long step;
  private List<int[]> rows = List.of();
  private long leftOut;
  private final Halving halving = Halving.allowed(this::halved);

  /**
   * Looks at the model first.
   *
   * @param model what is trained
   * @throws InputException if a weight is not finite before training begins
   */
  public UpdateGuard(Transformer model, OptimizerConfig config, RunDirectory run) {
    this.model = model;
    this.config = config;
    this.run = run;
    if (config.halveMicroBatches()) {
      model.halve(halving);
    }
    badWeight()
        .ifPresent(
            place -> {
              throw new InputException(
                  "the model to be trained is damaged: " + place + "; fetch or train it again");
            });
  }

  /** Names what a checkpoint keeps of it. */
  public UpdateGuard keepIn(Checkpoints checkpoints) {
    checkpoints.numbers(
        "left_out",
        () -> JSON.getNodeFactory().numberNode(leftOut),
        saved -> leftOut = saved.longValue());
    checkpoints.numbers(
        "halvings",
        () -> JSON.getNodeFactory().numberNode(halving.times()),
        saved -> halving.resume(saved.intValue()));
    return this;
  }

  private void halved(int times) {
    run.warn(
        "update %d did not fit the memory: micro-batches are halved %d times from here on"
            .formatted(step, times));
  }

  /**
   * An update begins.
   *
   * @param rows tokens of each row that it learns from
   */
  public void begin(long step, List<int[]> rows) {
    this.step = step;
    this.rows = rows;
  }

  /**
   * Whether numbers of rows are finite, which what comes next relies on.
   *
   * @param what they are
   * @param values per row, in the order of {@link #begin}
   * @return false if the update is to be left out
   * @throws NonFiniteException if training is to stop
   */
  public boolean areFinite(String what, List<float[]> values) {
    List<Integer> bad = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      for (float value : values.get(i)) {
        if (!Float.isFinite(value)) {
          bad.add(i);
          break;
        }
      }
    }
    if (!bad.isEmpty()) {
      leaveOut(new ArithmeticException(what + " of rows " + bad + " are not finite"), bad);
    }
    return bad.isEmpty();
  }

  /**
   * Does without the update that has begun.
   *
   * @throws NonFiniteException if training is to stop
   */
  void leaveOut(ArithmeticException found) {
    leaveOut(found, Scopes.noGrad(this::badRows));
  }

  /** Keeps the rows of the update that has begun; there is no doing without it. */
  public NonFiniteException stopped(ArithmeticException found) {
    return new NonFiniteException(kept(found, List.of()));
  }

  /** Writes the rows; returns what is to be said. */
  private String kept(ArithmeticException found, List<Integer> bad) {
    Optional<String> place =
        badWeight().or(() -> bad.isEmpty() ? Optional.empty() : Scopes.noGrad(() -> badLayer(bad)));
    String file = FOLDER + "/step-" + step + ".json";
    run.write(file, written(found.getMessage(), place, bad).toPrettyString() + "\n");
    return "update %d: %s%s; its rows are in %s"
        .formatted(
            step,
            found.getMessage(),
            place.map(first -> "; first of all " + first).orElse(""),
            run.path().resolve(file));
  }

  private void leaveOut(ArithmeticException found, List<Integer> bad) {
    String what = kept(found, bad);
    leftOut++;
    if (config.onNonfinite() == OptimizerConfig.OnNonfinite.STOP) {
      throw new NonFiniteException(
          what
              + "; nothing has moved: lower the learning rate, take the rows out, or go on without"
              + " such updates by optimizer.on_nonfinite: skip");
    }
    if (leftOut > config.maxSkipped()) {
      throw new NonFiniteException(
          what + "; it is one more than optimizer.max_skipped, " + config.maxSkipped());
    }
    run.warn("left out " + what);
  }

  /** Forgets the rows that an earlier run in this folder has kept. */
  static void deleteAll(Path run) throws IOException {
    Path folder = run.resolve(FOLDER);
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
  }

  // ---- the first place

  private Optional<String> badWeight() {
    return Scopes.noGrad(
        () ->
            model.weights().all().entrySet().stream()
                .flatMap(weight -> bad(weight).stream())
                .findFirst());
  }

  private static Optional<String> bad(Map.Entry<String, Tensor> weight) {
    Tensor values = weight.getValue();
    return Scopes.call(
        () -> {
          if (!values.is_floating_point() || values.isfinite().all().item_bool()) {
            return Optional.empty();
          }
          return Optional.of(
              "weight '%s' has %d NaN and %d infinite of %d values"
                  .formatted(
                      weight.getKey(),
                      values.isnan().sum().item_long(),
                      values.isinf().sum().item_long(),
                      values.numel()));
        });
  }

  private List<Integer> badRows() {
    List<Integer> bad = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      TokenBatch row = TokenBatch.of(rows.get(i));
      if (Scopes.call(() -> !model.hidden(row).isfinite().all().item_bool())) {
        bad.add(i);
      }
    }
    return bad;
  }

  private Optional<String> badLayer(List<Integer> bad) {
    TokenBatch row = TokenBatch.of(rows.get(bad.get(0)));
    return Scopes.call(() -> model.firstNonFinite(row))
        .map(layer -> "%s, in rows %s".formatted(layer, bad));
  }

  private ObjectNode written(String found, Optional<String> place, List<Integer> bad) {
    ObjectNode document = JSON.createObjectNode().put("step", step).put("found", found);
    place.ifPresent(first -> document.put("first", first));
    ArrayNode list = document.putArray("rows");
    for (int i = 0; i < rows.size(); i++) {
      ObjectNode row = list.addObject().put("row", i).put("finite", !bad.contains(i));
      run.text(rows.get(i)).ifPresent(text -> row.put("text", text));
      ArrayNode tokens = row.putArray("tokens");
      for (int token : rows.get(i)) {
        tokens.add(token);
      }
    }
    return document;
  }
}
