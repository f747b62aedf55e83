package plumbline.distributed;

/** Another rank has failed, died, or does not answer: this one cannot go on without it. */
public final class RankLost extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** With what told so. */
  public RankLost(String message, Throwable cause) {
    super(message, cause);
  }

  /** With the rank and what became of it. */
  public RankLost(String message) {
    super(message);
  }
}
