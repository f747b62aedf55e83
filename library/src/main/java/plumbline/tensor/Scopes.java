package plumbline.tensor;

import java.util.Iterator;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Native memory, which the garbage collector cannot see.
 *
 * <p>A loop opens a scope around each of its steps; every tensor made inside is freed when the step
 * ends. Functions open none: they return into their caller's scope. A tensor outlives its scope
 * only through {@link #keep}, and then has an owner that closes it.
 */
public final class Scopes {
  private Scopes() {}

  /** Runs {@code body} and frees every tensor it made and did not {@link #keep}. */
  public static void run(Runnable body) {
    Standstill.enter();
    try (PointerScope scope = new PointerScope()) {
      body.run();
    } finally {
      Standstill.leave();
    }
  }

  /**
   * Like {@link #run} with a result, which must be plain Java data or a kept tensor.
   *
   * @throws IllegalStateException if the result is a tensor that this scope has just freed
   */
  public static <T> T call(Supplier<T> body) {
    T result;
    Standstill.enter();
    try (PointerScope scope = new PointerScope()) {
      result = body.get();
    } finally {
      Standstill.leave();
    }
    if (result instanceof Tensor tensor && tensor.isNull()) {
      throw new IllegalStateException("a tensor left its scope without Scopes.keep");
    }
    return result;
  }

  /**
   * The one tensor that {@code body} returns, in the caller's scope; all others that it made are
   * freed. Without a scope around, the tensor is kept.
   */
  public static Tensor result(Supplier<Tensor> body) {
    Tensor tensor;
    Standstill.enter();
    try (PassingScope scope = new PassingScope()) {
      tensor = keep(body.get());
    } finally {
      Standstill.leave();
    }
    PointerScope outer = PointerScope.getInnerScope();
    if (outer != null) {
      hand(tensor, outer);
    }
    return tensor;
  }

  /** A scope that closes before the backward pass of what was recorded in it. */
  private static final class PassingScope extends PointerScope {}

  /**
   * Makes what the backward pass needs outlive scopes of {@link #result}: the owner becomes the
   * scope around them.
   */
  static void handToLasting(Pointer made) {
    Iterator<PointerScope> scopes = PointerScope.getScopeIterator();
    boolean passing = false;
    while (scopes != null && scopes.hasNext()) {
      PointerScope scope = scopes.next();
      if (!(scope instanceof PassingScope)) {
        if (passing) {
          made.retainReference();
          scope.attach(made);
          made.releaseReference();
        }
        return;
      }
      passing = true;
    }
    if (passing) {
      made.retainReference();
    }
  }

  /** Makes {@code scope} the owner of a kept tensor; closing the tensor earlier is right too. */
  static void hand(Tensor kept, PointerScope scope) {
    scope.attach(kept);
    kept.releaseReference();
  }

  /** Takes {@code tensor} out of every open scope; whoever keeps it calls {@code close()} once. */
  public static Tensor keep(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  /** Runs {@code body} without recording operations for a backward pass. */
  public static <T> T noGrad(Supplier<T> body) {
    Standstill.enter();
    try (NoGradGuard guard = new NoGradGuard()) {
      return body.get();
    } finally {
      Standstill.leave();
    }
  }

  /** {@link #noGrad(Supplier)} without a result. */
  public static void noGrad(Runnable body) {
    noGrad(
        () -> {
          body.run();
          return null;
        });
  }
}
