package plumbline.annotation.store;

/** The labelling app's database. */
public final class LabelStore implements AutoCloseable {
  private LabelStore() {}

  /**
   * Opens the database and brings its tables up to date.
   *
   * @throws plumbline.InputException if it cannot be reached
   */
  public static LabelStore open(StoreConfig config) {
    throw new UnsupportedOperationException();
  }

  public Accounts accounts() {
    throw new UnsupportedOperationException();
  }

  public Sessions sessions() {
    throw new UnsupportedOperationException();
  }

  public ApiTokens apiTokens() {
    throw new UnsupportedOperationException();
  }

  public Invitations invitations() {
    throw new UnsupportedOperationException();
  }

  public SignInFailures signInFailures() {
    throw new UnsupportedOperationException();
  }

  public Projects projects() {
    throw new UnsupportedOperationException();
  }

  public Items items() {
    throw new UnsupportedOperationException();
  }

  public HandOut handOut() {
    throw new UnsupportedOperationException();
  }

  public Votes votes() {
    throw new UnsupportedOperationException();
  }

  public Reviews reviews() {
    throw new UnsupportedOperationException();
  }

  public Progress progress() {
    throw new UnsupportedOperationException();
  }

  public Audit audit() {
    throw new UnsupportedOperationException();
  }

  public Webhooks webhooks() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
