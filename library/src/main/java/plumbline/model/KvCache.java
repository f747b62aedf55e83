package plumbline.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Keys and values of the tokens seen so far, per layer float[rows, Hkv, slots, headSize].
 *
 * <p>{@link #aim} says which rows the next forward pass works on and where it writes; which slots a
 * row may read is the caller's mask.
 */
final class KvCache implements AutoCloseable {
  private final List<Tensor> keys = new ArrayList<>();
  private final List<Tensor> values = new ArrayList<>();
  private final List<Tensor> positions = new ArrayList<>();
  private final int heads;
  private Aim aim;

  /**
   * Where a pass reads and writes.
   *
   * @param first the first of the rows that it works on
   * @param rows how many they are
   * @param reach slots that it reads
   * @param slots places in tensors seen as [rows * Hkv * slots, headSize]: long[B * Hkv * T]
   * @param tokens places in tensors seen as [rows * slots]: long[B * T]
   */
  private record Aim(int first, int rows, int reach, Tensor slots, Tensor tokens) {}

  KvCache(ModelConfig config, int rows, int slots) {
    this.heads = config.keyValueHeads();
    positions.add(Scopes.keep(Ops.longs(new long[Math.multiplyExact(rows, slots)], rows, slots)));
    for (int layer = 0; layer < config.layers(); layer++) {
      keys.add(Scopes.keep(Ops.zeros(rows, heads, slots, config.headSize())));
      values.add(Scopes.keep(Ops.zeros(rows, heads, slots, config.headSize())));
    }
  }

  /** The rows that there is room for. */
  int rows() {
    return Math.toIntExact(positions.get(0).size(0));
  }

  /** The tokens that there is room for in each row. */
  int slots() {
    return Math.toIntExact(positions.get(0).size(1));
  }

  /**
   * Points at the rows from {@code first} on.
   *
   * @param starts int[B], the slot of each row's first new token
   * @param width T, new tokens per row
   * @param reach slots that the pass reads
   */
  void aim(int first, int[] starts, int width, int reach) {
    aim =
        new Aim(
            first,
            starts.length,
            reach,
            places(first, starts, width, heads),
            places(first, starts, width, 1));
  }

  private Tensor places(int first, int[] starts, int width, int lanes) {
    long[] places = new long[starts.length * lanes * width];
    int i = 0;
    for (int b = 0; b < starts.length; b++) {
      for (int lane = 0; lane < lanes; lane++) {
        long from = ((first + b) * (long) lanes + lane) * slots() + starts[b];
        for (int t = 0; t < width; t++) {
          places[i++] = from + t;
        }
      }
    }
    return Ops.longs(places, places.length);
  }

  /** The slots that the pass reads. */
  int reach() {
    return aim.reach;
  }

  /** What a program reads that writes one token of each row: slots, rows from and to, reach. */
  List<IValue> target() {
    return List.of(
        new IValue(aim.slots),
        new IValue((long) aim.first),
        new IValue((long) aim.first + aim.rows),
        new IValue((long) aim.reach));
  }

  /** All keys and all values of a layer: float[rows, Hkv, slots, headSize] each. */
  List<IValue> whole(int layer) {
    return List.of(new IValue(keys.get(layer)), new IValue(values.get(layer)));
  }

  /** Writes the new tokens of one layer: float[B, Hkv, T, headSize]. */
  void write(int layer, Tensor key, Tensor value) {
    write(keys.get(layer), key);
    write(values.get(layer), value);
  }

  private void write(Tensor cached, Tensor fresh) {
    long size = cached.size(3);
    cached.view(-1, size).index_copy_(0, aim.slots, fresh.reshape(-1, size));
  }

  /** Notes the positions of the new tokens: long[B, T]. */
  void writePositions(Tensor places) {
    positions.get(0).view(-1).index_copy_(0, aim.tokens, places.reshape(-1));
  }

  /** The positions of the tokens in the slots that the pass reads: long[B, reach]. */
  Tensor positions() {
    return positions.get(0).narrow(0, aim.first, aim.rows).narrow(1, 0, aim.reach);
  }

  /** The keys of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor keys(int layer) {
    return keys.get(layer).narrow(0, aim.first, aim.rows).narrow(2, 0, aim.reach);
  }

  /** The values of a layer that the pass reads: float[B, Hkv, reach, headSize]. */
  Tensor values(int layer) {
    return values.get(layer).narrow(0, aim.first, aim.rows).narrow(2, 0, aim.reach);
  }

  /**
   * Copies rows to others.
   *
   * @param from long[n], rows
   * @param first the first of the n rows that get them
   * @param slots how many of their slots are copied
   */
  void spread(Tensor from, int first, int slots) {
    all()
        .forEach(
            tensors ->
                tensors.forEach(
                    tensor -> {
                      Tensor filled = tensor.narrow(tensor.dim() == 2 ? 1 : 2, 0, slots);
                      filled.narrow(0, first, from.size(0)).copy_(filled.index_select(0, from));
                    }));
  }

  /** Puts a row's tokens in the place of another row's. */
  void move(int from, int to) {
    all().forEach(tensors -> tensors.forEach(t -> t.select(0, to).copy_(t.select(0, from))));
  }

  /** Makes room, what is there stays. */
  void grow(int rows, int slots) {
    int oldRows = Math.min(rows, rows());
    int oldSlots = Math.min(slots, slots());
    replaceAll(
        tensor -> {
          int dim = tensor.dim() == 2 ? 1 : 2;
          long[] shape = Ops.shape(tensor);
          shape[0] = rows;
          shape[dim] = slots;
          Tensor larger = tensor.new_zeros(shape);
          larger
              .narrow(0, 0, oldRows)
              .narrow(dim, 0, oldSlots)
              .copy_(tensor.narrow(0, 0, oldRows).narrow(dim, 0, oldSlots));
          return larger;
        });
  }

  private Stream<List<Tensor>> all() {
    return Stream.of(keys, values, positions);
  }

  private void replaceAll(UnaryOperator<Tensor> change) {
    all()
        .forEach(
            tensors ->
                tensors.replaceAll(
                    tensor -> {
                      Tensor changed = Scopes.keep(change.apply(tensor));
                      tensor.close();
                      return changed;
                    }));
  }

  @Override
  public void close() {
    all().forEach(tensors -> tensors.forEach(Tensor::close));
  }
}
