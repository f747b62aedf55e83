package plumbline.collect;

/** Hears how far a step has come. */
public interface FunnelListener {
  /** So many further rows were done. */
  void rows(long more);
}
