package plumbline.web.label;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.ApiToken;
import plumbline.annotation.store.Role;
import plumbline.web.PasswordHash;

/** One's own account. */
final class AccountPages {
  private static final Duration TOKEN_LIFE = Duration.ofDays(365);
  private static final int LONGEST_LABEL = 60;

  private final Site site;
  private final Guard guard;

  /**
   * @param wrong why the password was not changed; empty
   * @param fresh the API token that was just made, shown once; empty
   */
  record AccountView(Account account, List<ApiToken> tokens, String wrong, String fresh) {}

  AccountPages(Site site, Guard guard) {
    this.site = site;
    this.guard = guard;
  }

  void show(Context context) {
    show(context, "", "");
  }

  private void show(Context context, String wrong, String fresh) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    List<ApiToken> tokens =
        site.store().apiTokens().list(account.id()).stream()
            .filter(token -> token.revoked().isEmpty())
            .toList();
    site.show(
        context,
        "account",
        site.shell(context, "Your account", "account"),
        new AccountView(account, tokens, wrong, fresh));
  }

  void password(Context context) {
    Visitor visitor = Visitor.of(context);
    Account account = visitor.as(Role.ANNOTATOR);
    Fields fields = Fields.of(context);
    String hash = site.store().accounts().passwordHash(account.id()).orElse("");
    Optional<String> wrong =
        hash.isEmpty() || !PasswordHash.matches(fields.text("old"), hash)
            ? Optional.of("The password of now is not right.")
            : SignInPages.wrongPassword(account.name(), fields.text("new"));
    if (wrong.isPresent()) {
      guard.logRefusal(context, "password", HttpStatus.UNPROCESSABLE_CONTENT.getCode());
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(context, wrong.get(), "");
      return;
    }
    String changed = PasswordHash.hash(fields.text("new"));
    site.store().accounts().setPassword(visitor.actor(), account.id(), changed);
    site.store().sessions().closeAll(visitor.actor(), account.id());
    guard.signIn(context, account);
    site.go(context, "/account", Notice.PASSWORD);
  }

  void signOutEverywhere(Context context) {
    Visitor visitor = Visitor.of(context);
    Account account = visitor.as(Role.ANNOTATOR);
    site.store().sessions().closeAll(visitor.actor(), account.id());
    guard.signOut(context);
    site.go(context, "/sign-in", Notice.EVERYWHERE);
  }

  void createToken(Context context) {
    Visitor visitor = Visitor.of(context);
    Account account = visitor.as(Role.ANNOTATOR);
    String label = Fields.of(context).text("label").strip();
    if (label.isEmpty() || label.length() > LONGEST_LABEL) {
      throw Refused.malformed("A token needs a name of up to " + LONGEST_LABEL + " characters.");
    }
    String token =
        site.store()
            .apiTokens()
            .create(visitor.actor(), account.id(), label, Optional.of(TOKEN_LIFE));
    show(context, "", token);
  }

  void revokeToken(Context context) {
    Visitor visitor = Visitor.of(context);
    Account account = visitor.as(Role.ANNOTATOR);
    long id = PathIds.of(context, "id");
    if (!site.store().apiTokens().revoke(visitor.actor(), account.id(), id)) {
      throw Refused.notFound("token");
    }
    site.go(context, "/account", Notice.REVOKED);
  }
}
