package plumbline.web.label;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.Invitation;
import plumbline.annotation.store.Refusal;
import plumbline.annotation.store.SignInCount;
import plumbline.web.PasswordHash;
import plumbline.web.RateLimit;

/** Signing in and out, and joining by invitation. */
final class SignInPages {
  /** How long a session lasts. */
  static final Duration SESSION = Duration.ofDays(3);

  /** So many wrong passwords for a name lock it for a while; so many from an address lock that. */
  static final int TRIES_OF_NAME = 10;

  private static final int TRIES_OF_ADDRESS = 50;

  /** A team that begins its day behind one address; right passwords count too. */
  private static final int SIGN_INS_AT_ONCE = 100;

  private static final int SIGN_INS_PER_MINUTE = 60;
  private static final Duration LOCKED = Duration.ofMinutes(15);
  private static final Pattern NAME = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} ._@+-]{0,59}");

  /** The same for a wrong name, a wrong password and a lock: none of them shows. */
  private static final String WRONG =
      "Name or password is not right, or there were too many tries. After ten tries it takes a"
          + " quarter of an hour.";

  private final Site site;
  private final Guard guard;
  private final RateLimit tries = new RateLimit(SIGN_INS_AT_ONCE, SIGN_INS_PER_MINUTE);

  /** What the form showed. */
  record SignInView(String name, String wrong) {}

  /** What the form of an invitation showed. */
  record JoinView(String token, String role, String name, String wrong) {}

  SignInPages(Site site, Guard guard) {
    this.site = site;
    this.guard = guard;
  }

  void form(Context context) {
    if (Visitor.of(context).account().isPresent()) {
      site.go(context, "/");
      return;
    }
    show(context, new SignInView("", ""));
  }

  private void show(Context context, SignInView view) {
    site.show(context, "signIn", site.shell(context, "Sign in", "").sized("narrow"), view);
  }

  void signIn(Context context) {
    Fields fields = Fields.of(context);
    String name = fields.text("name").strip();
    Optional<Account> account = check(context, name, fields.text("password"));
    if (account.isEmpty()) {
      guard.logRefusal(context, "sign_in", HttpStatus.UNAUTHORIZED.getCode());
      context.status(HttpStatus.UNAUTHORIZED);
      show(context, new SignInView(name, WRONG));
      return;
    }
    guard.signIn(context, account.get());
    Actor actor = Actor.of(account.get(), context.ip());
    site.store().audit().write(actor, "session.open", "account " + account.get().id(), Empty.JSON);
    site.go(context, "/");
  }

  private Optional<Account> check(Context context, String name, String password) {
    String byName = "name:" + name.toLowerCase(Locale.ROOT);
    String byAddress = "address:" + context.ip();
    if (name.length() > 60
        || !tries.take(context.ip())
        || locked(byName, TRIES_OF_NAME)
        || locked(byAddress, TRIES_OF_ADDRESS)) {
      return Optional.empty();
    }
    Optional<Account> account = site.store().accounts().byName(name).filter(Account::active);
    Optional<String> hash = account.flatMap(one -> site.store().accounts().passwordHash(one.id()));
    boolean right =
        hash.isPresent()
            ? PasswordHash.matches(password, hash.get())
            : PasswordHash.matchesNobody(password);
    if (!right) {
      site.store().signInFailures().record(byName);
      site.store().signInFailures().record(byAddress);
      return Optional.empty();
    }
    site.store().signInFailures().clear(byName);
    return account;
  }

  private boolean locked(String subject, int most) {
    SignInCount count = site.store().signInFailures().of(subject);
    Instant until = count.last().plus(LOCKED);
    return count.failed() >= most && site.config().store().clock().instant().isBefore(until);
  }

  void signOut(Context context) {
    Visitor.of(context).account().ifPresent(account -> guard.signOut(context));
    site.go(context, "/sign-in", Notice.SIGNED_OUT);
  }

  // ---- joining

  void joinForm(Context context) {
    Invitation invitation = invitation(context);
    join(context, new JoinView(token(context), invitation.role().key(), "", ""));
  }

  private void join(Context context, JoinView view) {
    site.show(context, "join", site.shell(context, "Join", "").sized("narrow"), view);
  }

  void join(Context context) {
    Invitation invitation = invitation(context);
    Fields fields = Fields.of(context);
    String name = fields.text("name").strip();
    String password = fields.text("password");
    String wrong = wrongName(name).or(() -> wrongPassword(name, password)).orElse("");
    if (wrong.isEmpty()) {
      try {
        Account account =
            site.store()
                .invitations()
                .redeem(token(context), name, PasswordHash.hash(password), context.ip());
        guard.signIn(context, account);
        site.go(context, "/", Notice.WELCOME);
        return;
      } catch (Refusal refusal) {
        if (refusal.reason() != Refusal.Reason.TAKEN) {
          throw refusal;
        }
        wrong = "This name is taken. Choose another one.";
      }
    }
    context.status(HttpStatus.UNPROCESSABLE_CONTENT);
    join(context, new JoinView(token(context), invitation.role().key(), name, wrong));
  }

  private static String token(Context context) {
    return context.pathParam("invitation");
  }

  private Invitation invitation(Context context) {
    Instant now = site.config().store().clock().instant();
    return site.store()
        .invitations()
        .find(token(context))
        .filter(found -> found.redeemedBy().isEmpty() && found.expires().isAfter(now))
        .orElseThrow(
            () ->
                new Refused(
                    HttpStatus.NOT_FOUND,
                    "invitation",
                    "This invitation has been used, has run out or never was. Ask for a new one."));
  }

  private static Optional<String> wrongName(String name) {
    return NAME.matcher(name).matches()
        ? Optional.empty()
        : Optional.of("A name has up to 60 letters, digits, spaces and . _ @ + -");
  }

  /** Why a password is not taken. */
  static Optional<String> wrongPassword(String name, String password) {
    if (password.length() < PasswordHash.SHORTEST) {
      return Optional.of("A password has at least " + PasswordHash.SHORTEST + " characters.");
    }
    if (password.length() > PasswordHash.LONGEST) {
      return Optional.of("A password has at most " + PasswordHash.LONGEST + " characters.");
    }
    boolean easy = password.equalsIgnoreCase(name) || password.chars().distinct().count() < 4;
    return easy ? Optional.of("This password is too easy to guess.") : Optional.empty();
  }
}
