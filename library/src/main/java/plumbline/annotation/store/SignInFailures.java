package plumbline.annotation.store;

/** Failed sign-ins by name or address; whoever asks decides when it is too many. */
public final class SignInFailures {
  SignInFailures() {}

  public SignInCount record(String subject) {
    throw new UnsupportedOperationException();
  }

  public SignInCount of(String subject) {
    throw new UnsupportedOperationException();
  }

  public void clear(String subject) {
    throw new UnsupportedOperationException();
  }
}
