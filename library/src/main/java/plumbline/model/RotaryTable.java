package plumbline.model;

import java.util.List;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Cosines and sines of a model's rotary angles, for as many positions as were ever asked for: a
 * context of 128k tokens costs nothing until it is used. Threads may share it.
 */
final class RotaryTable implements AutoCloseable {
  private static final int FIRST = 256;

  private final Positions.Rotary rotary;
  private final int maxPositions;
  private int positions;
  private Tensor cosines;
  private Tensor sines;

  RotaryTable(Positions.Rotary rotary, int maxPositions) {
    this.rotary = rotary;
    this.maxPositions = maxPositions;
    grow(Math.min(FIRST, maxPositions));
  }

  /**
   * Cosines and sines of some positions: float[..., dimensions] each, the first half of the sines
   * with the other sign.
   */
  record Turn(Tensor cos, Tensor sin) {

    /** x with its first dimensions turned, halves paired: x cos + (x2, x1) (-sin, sin). */
    Tensor apply(Tensor x) {
      long size = x.size(3);
      long turned = cos.size(cos.dim() - 1);
      Tensor part = turned == size ? x : x.narrow(3, 0, turned);
      long half = turned / 2;
      Tensor swapped = part.roll(new long[] {half}, 3);
      Tensor result = part.mul(cos).add(swapped.mul(sin));
      return turned == size
          ? result
          : Ops.cat(List.of(result, x.narrow(3, turned, size - turned)), 3);
    }
  }

  /** The positions from 0 to {@code width}: float[width, dimensions]. */
  synchronized Turn first(long width) {
    ensure(width);
    return new Turn(cosines.narrow(0, 0, width), sines.narrow(0, 0, width));
  }

  /**
   * Any positions: float[B, 1, T, dimensions].
   *
   * @param places long[B, T], all below {@code end}
   */
  synchronized Turn at(Tensor places, long end) {
    ensure(end);
    Tensor flat = places.reshape(-1);
    long[] shape = {places.size(0), 1, places.size(1), rotary.dimensions()};
    return new Turn(
        cosines.index_select(0, flat).view(shape), sines.index_select(0, flat).view(shape));
  }

  /** Cosines and sines of the positions from 0 to {@code end} at least, for a program. */
  synchronized List<IValue> values(long end) {
    ensure(end);
    return List.of(new IValue(cosines), new IValue(sines));
  }

  private void ensure(long end) {
    long wanted = Math.min(end, maxPositions);
    if (wanted > positions) {
      close();
      grow((int) Math.min(maxPositions, Math.max(wanted, 2L * positions)));
    }
  }

  private void grow(int count) {
    positions = count;
    float[] angles = angles(count);
    cosines = table(angles, Math::cos, 1);
    sines = table(angles, Math::sin, -1);
  }

  /** Angles in radians, float32 like the models' own training: float[count, dimensions / 2]. */
  private float[] angles(int count) {
    int half = rotary.dimensions() / 2;
    float[] angles = new float[count * half];
    for (int i = 0; i < half; i++) {
      float frequency = (float) (1 / Math.pow(rotary.theta(), 2.0 * i / rotary.dimensions()));
      float scaled = rotary.scaling().apply(frequency);
      for (int position = 0; position < count; position++) {
        angles[position * half + i] = position * scaled;
      }
    }
    return angles;
  }

  private Tensor table(
      float[] angles, java.util.function.DoubleUnaryOperator function, int firstSign) {
    int size = rotary.dimensions();
    int half = size / 2;
    float[] table = new float[2 * angles.length];
    for (int i = 0; i < angles.length; i++) {
      int row = i / half * size;
      float value = (float) function.applyAsDouble(angles[i]);
      table[row + i % half] = firstSign * value;
      table[row + half + i % half] = value;
    }
    return Scopes.call(() -> Scopes.keep(Ops.floats(table, angles.length / half, size)));
  }

  @Override
  public void close() {
    cosines.close();
    sines.close();
  }
}
