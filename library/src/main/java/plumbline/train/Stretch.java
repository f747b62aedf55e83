package plumbline.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Some numbers of a tensor that stand one after the other.
 *
 * @param name the tensor's
 * @param from the first, all dimensions one after the other
 * @param count how many, at least 1
 * @param whole whether that is all of it
 */
record Stretch(String name, long from, long count, boolean whole) {
  /** Numbers that are worked on at a time: what an optimizer reads of them stays in the cache. */
  private static final long MOST = 1L << 18;

  /**
   * What this names of a tensor of the same size: itself, or a view float[count] of it. Of a
   * transposed matrix numbers are counted as they stand in memory.
   */
  Tensor of(Tensor tensor) {
    return whole ? tensor : asItStands(tensor).view(-1).narrow(0, from, count);
  }

  /** A tensor whose numbers stand in the order of its dimensions: this, or its transpose. */
  static Tensor asItStands(Tensor tensor) {
    return isTransposed(tensor) ? tensor.t() : tensor;
  }

  /** Whether a matrix is kept column by column. */
  static boolean isTransposed(Tensor tensor) {
    return tensor.dim() == 2 && !tensor.is_contiguous() && tensor.t().is_contiguous();
  }

  /** All numbers of some tensors in groups of about the same size, for threads to take. */
  static List<List<Stretch>> groups(Map<String, Tensor> tensors) {
    List<List<Stretch>> groups = new ArrayList<>();
    List<Stretch> group = new ArrayList<>();
    long size = 0;
    for (Map.Entry<String, Tensor> each : tensors.entrySet()) {
      long all = each.getValue().numel();
      for (long from = 0; from < all; from += MOST) {
        long count = Math.min(MOST, all - from);
        if (size + count > MOST) {
          groups.add(group);
          group = new ArrayList<>();
          size = 0;
        }
        group.add(new Stretch(each.getKey(), from, count, count == all));
        size += count;
      }
    }
    groups.add(group);
    return groups;
  }
}
