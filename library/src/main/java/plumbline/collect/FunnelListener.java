package plumbline.collect;

/** Hears how far a step has come; who runs the step closes it. */
public interface FunnelListener extends AutoCloseable {
  /** So many further rows were done. */
  void rows(long more);

  @Override
  default void close() {}

  /** Hears and says nothing. */
  static FunnelListener silent() {
    return rows -> {};
  }
}
