package plumbline.annotation.store;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * Who does something, for the audit log.
 *
 * @param account empty: the server itself, or somebody who has not signed in
 * @param address where the request came from; empty where there is none
 */
public record Actor(OptionalLong account, String address) {
  /** The server, or the command line. */
  public static final Actor SYSTEM = new Actor(OptionalLong.empty(), "");

  public static Actor of(Account account, String address) {
    return new Actor(OptionalLong.of(account.id()), address);
  }

  public static Actor unknown(String address) {
    return new Actor(OptionalLong.empty(), address);
  }

  Optional<Long> id() {
    return account.isPresent() ? Optional.of(account.getAsLong()) : Optional.empty();
  }
}
