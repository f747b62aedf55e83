package plumbline.web.label;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import io.javalin.http.SameSite;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.Session;
import plumbline.web.Listening;
import plumbline.web.RateLimit;
import plumbline.web.SecurityHeaders;
import plumbline.web.Tokens;

/** Stands before every request: headers, limits, who it is, and whether the form is ours. */
final class Guard {
  /** The field in which forms send their token. */
  static final String FIELD = "_csrf";

  private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
  private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9_-]{43}");
  private static final Set<HandlerType> HARMLESS =
      Set.of(HandlerType.GET, HandlerType.HEAD, HandlerType.OPTIONS);

  /** A team may sit behind one address. */
  private static final int PEOPLE_PER_ADDRESS = 50;

  private static final int LONGEST_SHOWN = 200;

  private final Site site;
  private final RateLimit requests;
  private final RateLimit addresses;
  private final RateLimit logged = new RateLimit(1000, 300);

  Guard(Site site) {
    this.site = site;
    int perMinute = site.config().requestsPerMinute();
    this.requests = new RateLimit(Math.max(60, perMinute / 2), perMinute);
    this.addresses = new RateLimit(PEOPLE_PER_ADDRESS * perMinute, PEOPLE_PER_ADDRESS * perMinute);
  }

  /** Runs before every handler. */
  void check(Context context) {
    SecurityHeaders.of(site.tls()).forEach(context::header);
    if (context.path().startsWith(Site.STATIC)) {
      return;
    }
    boolean api = context.path().startsWith("/api/");
    Visitor visitor = api ? Visitor.of(context) : visitor(context);
    visitor.attach(context);
    if (!api && !visitor.account().isPresent() && context.cookie(sessionCookie()) != null) {
      logRefusal(context, "session", HttpStatus.UNAUTHORIZED.getCode());
    }
    String token = api ? context.header("Authorization") : "";
    String who = visitor.account().map(Account::name).orElse("") + "\n" + token + visitor.address();
    if (!requests.take(who) || !addresses.take(visitor.address())) {
      throw new Refused(
          HttpStatus.TOO_MANY_REQUESTS, "rate", "Too many requests. Wait a minute, then go on.");
    }
    limitBody(context);
    if (!api && !HARMLESS.contains(context.method())) {
      checkForm(context, visitor);
    }
  }

  private void limitBody(Context context) {
    long limit =
        context.isMultipartFormData()
            ? site.config().largestUpload() + LabelServerConfig.LARGEST_FORM
            : context.path().startsWith("/api/")
                ? site.config().largestUpload()
                : LabelServerConfig.LARGEST_FORM;
    if (context.req().getContentLengthLong() > limit) {
      Listening.drain(context);
      throw new Refused(
          HttpStatus.CONTENT_TOO_LARGE,
          "too_large",
          "That is too large: at most " + (limit >> 20) + " MiB are taken.");
    }
  }

  private void checkForm(Context context, Visitor visitor) {
    String fetched = Optional.ofNullable(context.header("Sec-Fetch-Site")).orElse("same-origin");
    String origin = Optional.ofNullable(context.header("Origin")).orElse("");
    boolean ours =
        origin.isEmpty()
            || origin.equals("http://" + context.host())
            || origin.equals("https://" + context.host())
            || site.config().publicAddress().filter(a -> origin.equals(origin(a))).isPresent();
    if (!ours || !Set.of("same-origin", "none").contains(fetched)) {
      throw new Refused(
          HttpStatus.FORBIDDEN, "origin", "This form was sent by another site. Nothing was done.");
    }
    if (context.isMultipartFormData() && !visitor.may(Role.ADMIN)) {
      throw new Refused(
          HttpStatus.FORBIDDEN, "role", "Files are taken from people with the role admin only.");
    }
    String sent = Fields.of(context).text(FIELD);
    if (visitor.secret().isEmpty() || !Tokens.same(visitor.forms(), sent)) {
      throw new Refused(
          HttpStatus.FORBIDDEN,
          "csrf",
          "This form does not belong to your session any more. Load the page anew and try again.");
    }
  }

  private static String origin(java.net.URI address) {
    return address.getScheme() + "://" + address.getAuthority();
  }

  // ---- cookies

  private Visitor visitor(Context context) {
    String token = sound(context.cookie(sessionCookie()));
    Optional<Session> session =
        token.isEmpty() ? Optional.empty() : site.store().sessions().find(token);
    if (session.isPresent() && session.get().account().active()) {
      return new Visitor(Optional.of(session.get().account()), token, context.ip());
    }
    if (context.cookie(sessionCookie()) != null) {
      context.removeCookie(sessionCookie(), "/");
    }
    String visit = sound(context.cookie(visitCookie()));
    if (visit.isEmpty() && HARMLESS.contains(context.method())) {
      visit = Tokens.random();
      context.cookie(cookie(visitCookie(), visit, -1));
    }
    return new Visitor(Optional.empty(), visit, context.ip());
  }

  private static String sound(String token) {
    return token != null && TOKEN.matcher(token).matches() ? token : "";
  }

  /** Begins a session; one that the browser had before ends, so that nobody can give it one. */
  void signIn(Context context, Account account) {
    Visitor before = Visitor.of(context);
    if (before.account().isPresent()) {
      site.store().sessions().close(before.secret());
    }
    String token = site.store().sessions().open(account.id(), SignInPages.SESSION);
    context.cookie(cookie(sessionCookie(), token, (int) SignInPages.SESSION.toSeconds()));
    context.removeCookie(visitCookie(), "/");
  }

  void signOut(Context context) {
    site.store().sessions().close(Visitor.of(context).secret());
    context.removeCookie(sessionCookie(), "/");
  }

  private Cookie cookie(String name, String value, int maxAge) {
    return new Cookie(name, value, "/", maxAge, site.tls(), true, null, SameSite.LAX);
  }

  private String sessionCookie() {
    return site.tls() ? "__Host-plumbline" : "plumbline";
  }

  private String visitCookie() {
    return site.tls() ? "__Host-plumbline-visit" : "plumbline-visit";
  }

  // ---- what was refused

  /** Writes down that a request was refused, and why. */
  void logRefusal(Context context, String why, int status) {
    Visitor visitor = Visitor.of(context);
    if (!logged.take(visitor.address())) {
      LOG.warn("refused ({}) and not in the audit log, too many of {}", why, visitor.address());
      return;
    }
    ObjectNode detail = JsonNodeFactory.instance.objectNode();
    detail.put("method", context.method().name()).put("status", status);
    site.store().audit().write(visitor.actor(), "refused." + why, shown(context.path()), detail);
  }

  /** A path for the log: no invitation's secret, no control characters, not too long. */
  private static String shown(String path) {
    String hidden = path.replaceFirst("^(/join/).+", "$1...");
    String plain = hidden.replaceAll("\\p{Cntrl}", "?");
    return plain.length() > LONGEST_SHOWN ? plain.substring(0, LONGEST_SHOWN) + "..." : plain;
  }
}
