package plumbline.web.label;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.Optional;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.Role;
import plumbline.web.Tokens;

/**
 * Who sent a request.
 *
 * @param account empty for somebody who has not signed in
 * @param secret the session's token, or that of a visit without one; empty for neither
 */
record Visitor(Optional<Account> account, String secret, String address) {
  private static final String ATTRIBUTE = "visitor";

  static Visitor of(Context context) {
    Visitor visitor = context.attribute(ATTRIBUTE);
    return visitor == null ? new Visitor(Optional.empty(), "", context.ip()) : visitor;
  }

  void attach(Context context) {
    context.attribute(ATTRIBUTE, this);
  }

  /** The token that forms send back. */
  String forms() {
    return secret.isEmpty() ? "" : Tokens.ofForms(secret);
  }

  Actor actor() {
    return account.map(one -> Actor.of(one, address)).orElse(Actor.unknown(address));
  }

  boolean may(Role role) {
    return account.filter(one -> one.role().compareTo(role) <= 0).isPresent();
  }

  /** The account, if it may do what a role may. */
  Account as(Role role) {
    Account signedIn =
        account.orElseThrow(
            () -> new Refused(HttpStatus.UNAUTHORIZED, "signed_out", "Please sign in first."));
    if (!may(role)) {
      throw new Refused(
          HttpStatus.FORBIDDEN,
          "role",
          "This page is for people with the role " + role.key() + ".");
    }
    return signedIn;
  }

  /** Without the secret. */
  @Override
  public String toString() {
    return account.map(Account::name).orElse("nobody") + " at " + address;
  }
}
