package plumbline.track;

/** A tracking server did not take something; it may be sent later. */
public final class TrackingFailed extends Exception {
  private static final long serialVersionUID = 1;

  TrackingFailed(String message) {
    super(message);
  }
}
