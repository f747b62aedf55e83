package plumbline.web.serve;

/** Nobody waits for the answer any more. */
final class ClientGone extends RuntimeException {
  private static final long serialVersionUID = 1;

  ClientGone() {
    super("the client has gone", null, false, false);
  }
}
