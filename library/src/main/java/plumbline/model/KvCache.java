package plumbline.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Keys and values of the tokens seen so far, per layer float[rows, Hkv, slots, headSize]; a token's
 * slot is its position.
 *
 * <p>{@link #aim} says which rows the next forward pass works on and where it writes; which slots a
 * row may read is the caller's mask.
 */
final class KvCache implements AutoCloseable {
  private final List<Tensor> tensors = new ArrayList<>();
  private final List<IValue> values = new ArrayList<>();
  private final int heads;
  private Aim aim;

  /**
   * Where a pass reads and writes.
   *
   * @param first the first of the rows that it works on
   * @param rows how many they are
   * @param reach slots that it reads
   * @param slots places in tensors seen as [rows * Hkv * slots, headSize]: long[B * Hkv * T]
   */
  private record Aim(int first, int rows, int reach, Tensor slots) {}

  KvCache(ModelConfig config, int rows, int slots) {
    this.heads = config.keyValueHeads();
    for (int i = 0; i < 2 * config.layers(); i++) {
      tensors.add(Scopes.keep(Ops.zeros(rows, heads, slots, config.headSize())));
    }
    makeValues();
  }

  private void makeValues() {
    for (Tensor tensor : tensors) {
      IValue value = new IValue(tensor);
      value.retainReference();
      values.add(value);
    }
  }

  /** The rows that there is room for. */
  int rows() {
    return Math.toIntExact(tensors.get(0).size(0));
  }

  /** The tokens that there is room for in each row. */
  int slots() {
    return Math.toIntExact(tensors.get(0).size(2));
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

  /** A slot's place in a tensor seen as [rows * Hkv * slots, headSize]. */
  long place(int row, int head, int slot) {
    return ((long) row * heads + head) * slots() + slot;
  }

  /**
   * Keys and values of each layer in turn, for a program: float[rows, Hkv, slots, headSize] each,
   * this cache's until it grows.
   */
  List<IValue> values() {
    return Collections.unmodifiableList(values);
  }

  /** Writes the new tokens of one layer: float[B, Hkv, T, headSize]. */
  void write(int layer, Tensor key, Tensor value) {
    write(tensors.get(2 * layer), key);
    write(tensors.get(2 * layer + 1), value);
  }

  private void write(Tensor cached, Tensor fresh) {
    long size = cached.size(3);
    cached.view(-1, size).index_copy_(0, aim.slots, fresh.reshape(-1, size));
  }

  /** The positions of the tokens in the slots that the pass reads: long[1, reach]. */
  Tensor positions() {
    return Ops.longs(LongStream.range(0, aim.reach).toArray(), 1, aim.reach);
  }

  /** The keys of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor keys(int layer) {
    return read(tensors.get(2 * layer));
  }

  /** The values of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor values(int layer) {
    return read(tensors.get(2 * layer + 1));
  }

  private Tensor read(Tensor cached) {
    return cached.narrow(0, aim.first, aim.rows).narrow(2, 0, aim.reach);
  }

  /**
   * Copies rows to others.
   *
   * @param from long[n], rows
   * @param first the first of the n rows that get them
   * @param slots how many of their slots are copied
   */
  void spread(Tensor from, int first, int slots) {
    for (Tensor tensor : tensors) {
      Tensor filled = tensor.narrow(2, 0, slots);
      filled.narrow(0, first, from.size(0)).copy_(filled.index_select(0, from));
    }
  }

  /** Puts a row's tokens in the place of another row's. */
  void move(int from, int to) {
    tensors.forEach(tensor -> tensor.select(0, to).copy_(tensor.select(0, from)));
  }

  /** Makes room, what is there stays. */
  void grow(int rows, int slots) {
    int oldRows = Math.min(rows, rows());
    int oldSlots = Math.min(slots, slots());
    closeValues();
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
    makeValues();
  }

  private void replaceAll(UnaryOperator<Tensor> change) {
    tensors.replaceAll(
        tensor -> {
          Tensor changed = Scopes.keep(change.apply(tensor));
          tensor.close();
          return changed;
        });
  }

  private void closeValues() {
    values.forEach(IValue::close);
    values.clear();
  }

  @Override
  public void close() {
    closeValues();
    tensors.forEach(Tensor::close);
  }
}
