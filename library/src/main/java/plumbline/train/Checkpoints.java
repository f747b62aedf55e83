package plumbline.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.Sha256;
import plumbline.distributed.World;
import plumbline.model.Safetensors;
import plumbline.tensor.Scopes;

/**
 * The complete state of a training loop in {@code checkpoints/step-N/} of its run directory, from
 * which an interrupted run goes on to the bytes of an uninterrupted one.
 *
 * <p>A loop names its parts once (weights, optimizers, orders, controllers), asks {@link #resume}
 * where to begin and calls {@link #after} behind every step. A checkpoint is written under a
 * temporary name, synced and renamed; one that is torn or altered is seen by its checksums, said so
 * and passed over for the one before.
 */
public final class Checkpoints {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern NAME = Pattern.compile("step-(\\d+)");
  private static final String TENSORS = "state.safetensors";
  private static final String STATE = "state.json";
  private static final String METRIC = "metric";

  private record Part<T>(Supplier<T> state, Consumer<T> restore) {}

  private final RunDirectory run;
  private final CheckpointConfig config;
  private final long steps;
  private final Map<String, Part<Map<String, Tensor>>> tensors = new LinkedHashMap<>();
  private final Map<String, Part<JsonNode>> numbers = new LinkedHashMap<>();

  /**
   * No part is named yet.
   *
   * @param steps steps of the whole loop; behind the last one the model itself is written, and no
   *     checkpoint
   */
  public Checkpoints(RunDirectory run, CheckpointConfig config, long steps) {
    this.run = run;
    this.config = config;
    this.steps = steps;
    run.plan(steps);
  }

  /** Weights that training changes in place, by their names; none that stays as it was. */
  public Checkpoints weights(String name, Map<String, Tensor> trainable) {
    return tensors(name, () -> trainable, saved -> copy(saved, trainable));
  }

  /** What an optimizer remembers. */
  public Checkpoints updater(String name, Updater updater) {
    return tensors(name, updater::state, updater::restore);
  }

  /** Which rows were visited. */
  public Checkpoints order(String name, EpochOrder order) {
    return numbers(
        name,
        () -> JSON.getNodeFactory().numberNode(order.position()),
        saved -> order.moveTo(saved.longValue()));
  }

  /**
   * Tensors by name.
   *
   * @param state they as they are, not copied
   * @param restore puts back what {@code state} gave, whose tensors live only during the call
   */
  public Checkpoints tensors(
      String name, Supplier<Map<String, Tensor>> state, Consumer<Map<String, Tensor>> restore) {
    tensors.put(name, new Part<>(state, restore));
    return this;
  }

  /** Anything else: numbers, texts, lists. */
  public Checkpoints numbers(String name, Supplier<JsonNode> state, Consumer<JsonNode> restore) {
    numbers.put(name, new Part<>(state, restore));
    return this;
  }

  private static void copy(Map<String, Tensor> saved, Map<String, Tensor> weights) {
    if (!saved.keySet().equals(weights.keySet())) {
      throw new IllegalArgumentException(
          "the checkpoint holds the weights " + saved.keySet() + ", wanted " + weights.keySet());
    }
    Scopes.noGrad(() -> weights.forEach((name, tensor) -> tensor.copy_(saved.get(name))));
  }

  // ---- saving

  /** Saves after every {@code every}-th step and forgets the oldest. */
  public void after(long step) {
    if (step % config.every() == 0 && step < steps) {
      save(step);
    }
  }

  private void save(long step) {
    if (!World.current().isFirst()) {
      // An optimizer whose state is spread over the processes collects it here.
      Scopes.run(this::flat);
      return;
    }
    Path folder = folder(run.path());
    Path target = folder.resolve("step-" + step);
    Path temporary = folder.resolve("step-" + step + ".tmp");
    try {
      delete(temporary);
      Files.createDirectories(temporary);
      Path file = temporary.resolve(TENSORS);
      Scopes.run(() -> Safetensors.writeExactly(file, flat()));
      ObjectNode state = JSON.createObjectNode().put("step", step);
      state.put(TENSORS, Sha256.of(file));
      run.logLengths().forEach(state.putObject("logs")::put);
      ObjectNode parts = state.putObject("numbers");
      numbers.forEach((name, part) -> parts.set(name, part.state().get()));
      run.lastMetric(config.keepBest().orElse("")).ifPresent(value -> state.put(METRIC, value));
      state.put("checksum", checksum(state));
      run.write(run.path().relativize(temporary.resolve(STATE)).toString(), state + "\n");
      delete(target);
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      AtomicFile.syncFolder(folder);
      forgetFrom(config.keepLast());
    } catch (IOException | InputException e) {
      throw notSaved(target, temporary, e);
    }
  }

  /** The checkpoints before are as they were; what was begun makes place for them. */
  private static InputException notSaved(Path target, Path temporary, Exception e) {
    try {
      delete(temporary);
    } catch (IOException again) {
      e.addSuppressed(again);
    }
    return new InputException(
        target
            + ": cannot be written ("
            + (e.getCause() instanceof IOException reason ? reason : e).getMessage()
            + "); is the disk full? With room again --resume goes on from the checkpoint before",
        e);
  }

  /** Deletes all but so many of the newest, and the best one. */
  private void forgetFrom(int kept) throws IOException {
    List<Path> saved = saved(run.path());
    Optional<Path> best = config.keepBest().flatMap(metric -> best(saved));
    for (Path old : saved.subList(Math.min(kept, saved.size()), saved.size())) {
      if (best.filter(old::equals).isEmpty()) {
        delete(old);
      }
    }
  }

  /** Of equal ones the newest; none of those without a value, or damaged. */
  private Optional<Path> best(List<Path> saved) {
    Optional<Path> best = Optional.empty();
    double bestValue = Double.NaN;
    for (Path folder : saved) {
      double value = metric(folder);
      if (!Double.isNaN(value) && (best.isEmpty() || config.best().isBetter(value, bestValue))) {
        best = Optional.of(folder);
        bestValue = value;
      }
    }
    return best;
  }

  private static double metric(Path folder) {
    try {
      return read(folder.resolve(STATE)).path(METRIC).asDouble(Double.NaN);
    } catch (InputException e) {
      return Double.NaN;
    }
  }

  private SortedMap<String, Tensor> flat() {
    SortedMap<String, Tensor> flat = new TreeMap<>();
    tensors.forEach(
        (name, part) ->
            part.state().get().forEach((key, tensor) -> flat.put(name + "/" + key, tensor)));
    return flat;
  }

  private static String checksum(ObjectNode state) {
    ObjectNode rest = state.deepCopy();
    rest.remove("checksum");
    return Long.toHexString(Sha256.prefix(rest.toString()));
  }

  // ---- going on

  /**
   * Puts the state of the newest whole checkpoint back and cuts the logs to what they were then.
   *
   * @return steps done, 0 if there is no checkpoint
   */
  public long resume() {
    World world = World.current();
    if (!world.isFirst()) {
      return follow(world);
    }
    List<Path> saved = saved(run.path());
    for (int i = 0; i < saved.size(); i++) {
      Path folder = saved.get(i);
      ObjectNode state;
      try {
        state = checked(folder);
      } catch (InputException e) {
        run.warn(e.getMessage() + "; it was passed over");
        continue;
      }
      world.agreed(true);
      long step = restore(state, Safetensors.read(folder.resolve(TENSORS)));
      world.barrier();
      forgetOlder(Math.max(config.keepLast(), i + 1));
      return step;
    }
    world.agreed(false);
    run.truncateLogs(Map.of());
    world.barrier();
    return 0;
  }

  /** Goes on where rank 0 does, with what it has read. */
  private long follow(World world) {
    long step = 0;
    if (world.agreed(false)) {
      step = restoreParts(Together.spread(world, JSON.createObjectNode(), new TreeMap<>()));
    }
    world.barrier();
    run.truncateLogs(Map.of());
    return step;
  }

  /** What a run that was killed behind its newest checkpoint had still to forget. */
  private void forgetOlder(int kept) {
    try {
      forgetFrom(kept);
    } catch (IOException e) {
      throw new InputException(
          folder(run.path()) + ": an old checkpoint cannot be deleted: " + e.getMessage(), e);
    }
  }

  private static ObjectNode checked(Path folder) {
    ObjectNode state = read(folder.resolve(STATE));
    Path file = folder.resolve(TENSORS);
    if (!Sha256.of(file).equals(state.path(TENSORS).asText())) {
      throw new InputException(file + ": is not what was saved, its checksum differs");
    }
    return state;
  }

  /** A whole checkpoint: if a part cannot go on from it, nothing can, and the run ends. */
  private long restore(ObjectNode state, SortedMap<String, Tensor> read) {
    long step = restoreParts(Together.spread(World.current(), state, read));
    Map<String, Long> lengths = new LinkedHashMap<>();
    state
        .get("logs")
        .properties()
        .forEach(log -> lengths.put(log.getKey(), log.getValue().asLong()));
    run.truncateLogs(lengths);
    return step;
  }

  private long restoreParts(Together.Saved saved) {
    try {
      tensors.forEach((name, part) -> part.restore().accept(below(name + "/", saved.tensors())));
    } finally {
      saved.tensors().values().forEach(Tensor::close);
    }
    JsonNode restored = saved.state().get("numbers");
    numbers.forEach((name, part) -> part.restore().accept(restored.get(name)));
    return saved.state().get("step").longValue();
  }

  private static ObjectNode read(Path file) {
    try {
      if (JSON.readTree(Files.readString(file)) instanceof ObjectNode state
          && state.path("checksum").asText().equals(checksum(state))) {
        return state;
      }
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
    throw new InputException(file + ": is not what was saved, its checksum differs");
  }

  private static Map<String, Tensor> below(String prefix, Map<String, Tensor> flat) {
    Map<String, Tensor> part = new LinkedHashMap<>();
    flat.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            part.put(name.substring(prefix.length()), tensor);
          }
        });
    return part;
  }

  // ---- folders

  private static Path folder(Path run) {
    return run.resolve("checkpoints");
  }

  /** The checkpoints of a run directory, newest first. */
  static List<Path> saved(Path run) {
    Path folder = folder(run);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> NAME.matcher(entry.getFileName().toString()).matches())
          .sorted(Comparator.comparingLong(Checkpoints::step).reversed())
          .toList();
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private static long step(Path folder) {
    return Long.parseLong(folder.getFileName().toString().substring("step-".length()));
  }

  static void deleteAll(Path run) throws IOException {
    delete(folder(run));
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(entry);
      }
    }
  }
}
