package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Keys and behind them values of the tokens seen so far, per layer float[rows, 2 * Hkv, slots,
 * headSize]; a token's slot is its position.
 *
 * <p>{@link #aim} says which rows the next forward pass works on and where it writes; which slots a
 * row may read is the caller's mask.
 */
final class KvCache implements AutoCloseable {
  private final List<Tensor> layers = new ArrayList<>();
  private final int heads;
  private final int headSize;
  private Aim aim;
  private Optional<Values> values = Optional.empty();

  /**
   * Where a pass reads and writes.
   *
   * @param first the first of the rows that it works on
   * @param rows how many they are
   * @param reach slots that it reads
   * @param slots places of keys: long[B * Hkv * T]
   */
  private record Aim(int first, int rows, int reach, Tensor slots) {}

  /** What a program reads of the first rows. */
  private record Values(int rows, int reach, List<IValue> list) implements AutoCloseable {
    @Override
    public void close() {
      list.forEach(IValue::close);
    }
  }

  KvCache(ModelConfig config, int rows, int slots) {
    this.heads = config.keyValueHeads();
    this.headSize = config.headSize();
    for (int i = 0; i < config.layers(); i++) {
      layers.add(Scopes.keep(Ops.zeros(rows, 2L * heads, slots, headSize)));
    }
  }

  /** The rows that there is room for. */
  int rows() {
    return Math.toIntExact(layers.get(0).size(0));
  }

  /** The tokens that there is room for in each row. */
  int slots() {
    return Math.toIntExact(layers.get(0).size(2));
  }

  /**
   * Points at the rows from {@code first} on.
   *
   * @param starts int[B], the slot of each row's first new token
   * @param width T, new tokens per row
   * @param reach slots that the pass reads
   */
  void aim(int first, int[] starts, int width, int reach) {
    long[] places = new long[starts.length * heads * width];
    int i = 0;
    for (int b = 0; b < starts.length; b++) {
      for (int head = 0; head < heads; head++) {
        long from = place(first + b, head, starts[b]);
        for (int t = 0; t < width; t++) {
          places[i++] = from + t;
        }
      }
    }
    aim = new Aim(first, starts.length, reach, Ops.longs(places, places.length));
  }

  /**
   * A slot's place in a layer seen as float[rows * 2 * Hkv * slots, headSize].
   *
   * @param lane a head of keys, or behind those of values
   */
  long place(int row, int lane, int slot) {
    return ((long) row * 2 * heads + lane) * slots() + slot;
  }

  /**
   * What a program reads and writes of the first B rows, of each layer in turn: all of it,
   * float[rows * 2 * Hkv * slots, headSize]; keys and values, float[B, Hkv, reach, headSize]. They
   * stay this cache's, until it is asked for others.
   */
  List<IValue> values(int rows, int reach) {
    boolean known = values.map(v -> v.rows == rows && v.reach == reach).orElse(false);
    if (!known) {
      forgetValues();
      values = Optional.of(Scopes.call(() -> new Values(rows, reach, views(rows, reach))));
    }
    return values.get().list;
  }

  private List<IValue> views(int rows, int reach) {
    List<IValue> views = new ArrayList<>();
    for (Tensor layer : layers) {
      Tensor seen = layer.narrow(0, 0, rows).narrow(2, 0, reach);
      views.add(new IValue(layer.view(-1, headSize)));
      views.add(new IValue(seen.narrow(1, 0, heads)));
      views.add(new IValue(seen.narrow(1, heads, heads)));
    }
    views.forEach(IValue::retainReference);
    return views;
  }

  private void forgetValues() {
    values.ifPresent(Values::close);
    values = Optional.empty();
  }

  /** Writes the new tokens of one layer: float[B, Hkv, T, headSize]. */
  void write(int layer, Tensor key, Tensor value) {
    Tensor flat = layers.get(layer).view(-1, headSize);
    flat.index_copy_(0, aim.slots, key.reshape(-1, headSize));
    Tensor behind = aim.slots.add(new Scalar((long) heads * slots()));
    flat.index_copy_(0, behind, value.reshape(-1, headSize));
  }

  /** The positions of the tokens in the slots that the pass reads: long[1, reach]. */
  Tensor positions() {
    return Ops.longs(LongStream.range(0, aim.reach).toArray(), 1, aim.reach);
  }

  /** The keys of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor keys(int layer) {
    return read(layer, 0);
  }

  /** The values of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor values(int layer) {
    return read(layer, heads);
  }

  private Tensor read(int layer, int lane) {
    return layers
        .get(layer)
        .narrow(0, aim.first, aim.rows)
        .narrow(1, lane, heads)
        .narrow(2, 0, aim.reach);
  }

  /**
   * Copies rows to others.
   *
   * @param from long[n], rows
   * @param first the first of the n rows that get them
   * @param slots how many of their slots are copied
   */
  void spread(Tensor from, int first, int slots) {
    for (Tensor tensor : layers) {
      Tensor filled = tensor.narrow(2, 0, slots);
      filled.narrow(0, first, from.size(0)).copy_(filled.index_select(0, from));
    }
  }

  /** Puts a row's tokens in the place of another row's. */
  void move(int from, int to) {
    layers.forEach(tensor -> tensor.select(0, to).copy_(tensor.select(0, from)));
  }

  /** Makes room, what is there stays. */
  void grow(int rows, int slots) {
    int oldRows = Math.min(rows, rows());
    int oldSlots = Math.min(slots, slots());
    forgetValues();
    replaceAll(
        tensor -> {
          long[] shape = Ops.shape(tensor);
          shape[0] = rows;
          shape[2] = slots;
          Tensor larger = tensor.new_zeros(shape);
          larger
              .narrow(0, 0, oldRows)
              .narrow(2, 0, oldSlots)
              .copy_(tensor.narrow(0, 0, oldRows).narrow(2, 0, oldSlots));
          return larger;
        });
  }

  private void replaceAll(UnaryOperator<Tensor> change) {
    layers.replaceAll(
        tensor -> {
          Tensor changed = Scopes.keep(change.apply(tensor));
          tensor.close();
          return changed;
        });
  }

  @Override
  public void close() {
    forgetValues();
    layers.forEach(Tensor::close);
  }
}
