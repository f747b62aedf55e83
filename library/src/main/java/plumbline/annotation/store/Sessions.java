package plumbline.annotation.store;

import java.time.Duration;
import java.util.Optional;

/** Who is signed in. */
public final class Sessions {
  Sessions() {}

  public String open(long accountId, Duration life) {
    throw new UnsupportedOperationException();
  }

  public Optional<Session> find(String token) {
    throw new UnsupportedOperationException();
  }

  public void close(String token) {
    throw new UnsupportedOperationException();
  }

  public int closeAll(Actor actor, long accountId) {
    throw new UnsupportedOperationException();
  }

  public int forgetExpired() {
    throw new UnsupportedOperationException();
  }
}
