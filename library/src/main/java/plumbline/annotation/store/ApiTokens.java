package plumbline.annotation.store;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Tokens for the REST API. */
public final class ApiTokens {
  ApiTokens() {}

  public String create(Actor actor, long accountId, String label, Optional<Duration> life) {
    throw new UnsupportedOperationException();
  }

  public Optional<Account> find(String token) {
    throw new UnsupportedOperationException();
  }

  public List<ApiToken> list(long accountId) {
    throw new UnsupportedOperationException();
  }

  public boolean revoke(Actor actor, long accountId, long id) {
    throw new UnsupportedOperationException();
  }
}
