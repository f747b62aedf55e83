package plumbline.annotation.store;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Links to join once. */
public final class Invitations {
  Invitations() {}

  public String create(Actor actor, Role role, String group, Duration life) {
    throw new UnsupportedOperationException();
  }

  public Optional<String> firstAdmin(Duration life) {
    throw new UnsupportedOperationException();
  }

  public Optional<Invitation> find(String token) {
    throw new UnsupportedOperationException();
  }

  public Account redeem(String token, String name, String passwordHash, String address) {
    throw new UnsupportedOperationException();
  }

  public List<Invitation> list() {
    throw new UnsupportedOperationException();
  }

  public boolean revoke(Actor actor, long id) {
    throw new UnsupportedOperationException();
  }
}
