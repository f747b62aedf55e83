package plumbline.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import plumbline.distributed.World;
import plumbline.tensor.Scopes;

/**
 * All parameters one after the other as one row of numbers, of which each process of a {@link
 * World} has a stretch of the same length: what an optimizer keeps for itself when its state is
 * spread (Rajbhandari et al. 2020, arXiv:1910.02054, stage 1).
 */
final class FlatSpace {
  /** Numbers of each process that are exchanged at a time. */
  private static final long CHUNK = 4L << 20;

  private final Map<String, Tensor> parameters;
  private final boolean spread;
  private final long stretch;
  private final Map<String, Piece> own;

  /**
   * A part of a parameter.
   *
   * @param from its first number in the parameter, all dimensions one after the other
   * @param count how many, at least 1
   * @param whole whether that is all of it
   */
  record Piece(String name, long from, long count, boolean whole) {
    /** What this names of a tensor like the parameter: itself, or a view float[count] of it. */
    Tensor of(Tensor tensor) {
      return whole ? tensor : tensor.view(-1).narrow(0, from, count);
    }
  }

  private FlatSpace(Map<String, Tensor> parameters, boolean spread) {
    World world = World.current();
    this.parameters = parameters;
    this.spread = spread && world.size() > 1;
    long all = parameters.values().stream().mapToLong(Tensor::numel).sum();
    this.stretch = this.spread ? (all + world.size() - 1) / world.size() : all;
    this.own = new LinkedHashMap<>();
    long first = this.spread ? world.rank() * stretch : 0;
    pieces(first, first + stretch).forEach(piece -> own.put(piece.name(), piece));
  }

  /** All of it is this process's. */
  static FlatSpace whole(Map<String, Tensor> parameters) {
    return new FlatSpace(parameters, false);
  }

  /** A stretch is this process's; all of it if it is alone. */
  static FlatSpace share(Map<String, Tensor> parameters) {
    return new FlatSpace(parameters, true);
  }

  /** This process's pieces by parameter. */
  Map<String, Piece> own() {
    return own;
  }

  private List<Piece> pieces(long from, long to) {
    List<Piece> pieces = new ArrayList<>();
    long start = 0;
    for (Map.Entry<String, Tensor> each : parameters.entrySet()) {
      long count = each.getValue().numel();
      long low = Math.max(from, start);
      long high = Math.min(to, start + count);
      if (low < high) {
        pieces.add(new Piece(each.getKey(), low - start, high - low, high - low == count));
      }
      start += count;
    }
    return pieces;
  }

  /** Gives every process the parameters' numbers that others have moved. */
  void exchange() {
    if (!spread) {
      return;
    }
    Scopes.noGrad(
        () -> {
          for (long at = 0; at < stretch; at += CHUNK) {
            long from = at;
            long to = Math.min(stretch, at + CHUNK);
            Scopes.run(() -> exchange(from, to));
          }
        });
  }

  private void exchange(long from, long to) {
    World world = World.current();
    List<Tensor> numbers = new ArrayList<>();
    long first = world.rank() * stretch;
    pieces(first + from, first + to)
        .forEach(piece -> numbers.add(piece.of(parameters.get(piece.name())).reshape(-1)));
    long missing = to - from - numbers.stream().mapToLong(Tensor::numel).sum();
    Tensor any = parameters.values().iterator().next();
    if (missing > 0) {
      // The last stretch may be shorter, and one that has nothing at all is possible too.
      numbers.add(torch.zeros(new long[] {missing}, any.options()));
    }
    Tensor joined = world.join(torch.cat(new TensorVector(numbers.toArray(Tensor[]::new))));
    for (int rank = 0; rank < world.size(); rank++) {
      long at = rank * (to - from);
      for (Piece piece : pieces(rank * stretch + from, rank * stretch + to)) {
        Tensor moved = piece.of(parameters.get(piece.name()));
        moved.copy_(joined.narrow(0, at, piece.count()).view_as(moved));
        at += piece.count();
      }
    }
  }

  /**
   * A whole tensor of which each process has its piece.
   *
   * @param pieces this process's, by parameter
   * @return of the parameter's shape
   */
  Tensor collected(String name, Map<String, Tensor> pieces) {
    if (!spread) {
      return pieces.get(name);
    }
    Tensor whole = torch.zeros_like(parameters.get(name)).detach();
    if (own.containsKey(name)) {
      own.get(name).of(whole).copy_(pieces.get(name));
    }
    World.current().sum(List.of(whole));
    return whole;
  }
}
