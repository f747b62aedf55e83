package plumbline.model;

import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * What a pass gives to a weight's gradient.
 *
 * @param gradient of the whole weight, or where {@code rows} are named float[N, D] of these, kept
 * @param rows long[N], rows of the weight, some maybe several times, kept
 */
record GradientShare(Tensor gradient, Optional<Tensor> rows) implements AutoCloseable {
  /** The gradient of a whole weight. */
  static GradientShare whole(Tensor kept) {
    return new GradientShare(kept, Optional.empty());
  }

  /** The gradients of some rows, whose tensors stay the caller's. */
  static GradientShare ofRows(Tensor rows, Tensor gradient) {
    return new GradientShare(
        Scopes.keep(new Tensor(gradient)), Optional.of(Scopes.keep(new Tensor(rows))));
  }

  /** Adds this to the gradient that a weight has. */
  void addTo(Tensor weight) {
    Tensor sum = weight.mutable_grad();
    if (rows.isPresent()) {
      addRows(weight, rows.get(), gradient);
    } else if (sum.defined()) {
      sum.add_(gradient);
    } else {
      sum.put(gradient);
    }
  }

  /** Adds the gradients of some rows to the gradient that a weight has. */
  static void addRows(Tensor weight, Tensor rows, Tensor gradient) {
    Tensor sum = weight.mutable_grad();
    if (!sum.defined()) {
      sum.put(torch.zeros_like(weight.detach()));
    }
    sum.index_add_(0, rows, gradient);
  }

  /** Both together; takes them over. */
  GradientShare plus(GradientShare other) {
    if (rows.isPresent() && other.rows.isEmpty()) {
      return other.plus(this);
    }
    try (other) {
      if (rows.isPresent()) {
        try (GradientShare first = this) {
          return ofRows(
              Ops.cat(List.of(first.rows.get(), other.rows.get()), 0),
              Ops.cat(List.of(first.gradient, other.gradient), 0));
        }
      }
      if (other.rows.isPresent()) {
        gradient.index_add_(0, other.rows.get(), other.gradient);
      } else {
        gradient.add_(other.gradient);
      }
      return this;
    }
  }

  @Override
  public void close() {
    gradient.close();
    rows.ifPresent(Tensor::close);
  }
}
