package plumbline.annotation.store;

import java.util.List;
import java.util.Optional;

/** Who may sign in. */
public final class Accounts {
  Accounts() {}

  /** Hashes nothing: {@code passwordHash} is stored as it is. */
  public Account create(Actor actor, String name, Role role, String group, String passwordHash) {
    throw new UnsupportedOperationException();
  }

  public Optional<Account> byName(String name) {
    throw new UnsupportedOperationException();
  }

  public Optional<Account> byId(long id) {
    throw new UnsupportedOperationException();
  }

  public List<Account> list() {
    throw new UnsupportedOperationException();
  }

  public Optional<String> passwordHash(long id) {
    throw new UnsupportedOperationException();
  }

  public void setPassword(Actor actor, long id, String passwordHash) {
    throw new UnsupportedOperationException();
  }

  public void setRole(Actor actor, long id, Role role) {
    throw new UnsupportedOperationException();
  }

  public void setGroup(Actor actor, long id, String group) {
    throw new UnsupportedOperationException();
  }

  public void setActive(Actor actor, long id, boolean active) {
    throw new UnsupportedOperationException();
  }
}
