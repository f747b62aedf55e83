package plumbline.web.label.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.InputException;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Refusal;
import plumbline.annotation.store.Role;
import plumbline.web.RateLimit;

/**
 * The REST API below {@value #ROOT}: JSON, bearer tokens, errors as {@code {"error": {"reason",
 * "message"}}}.
 */
public final class LabelApi {
  /** What all addresses begin with. */
  public static final String ROOT = "/api/v1";

  private static final Logger LOG = LoggerFactory.getLogger(LabelApi.class);
  private static final Pattern BEARER = Pattern.compile("Bearer ([A-Za-z0-9_~+/.=-]{1,200})");
  private static final int LONGEST_SHOWN = 200;

  private final LabelStore store;
  private final List<Endpoint> endpoints = new ArrayList<>();
  private final RateLimit logged = new RateLimit(1000, 300);

  private LabelApi(LabelStore store, long largestUpload, boolean privateHooks) {
    this.store = store;
    endpoints.addAll(new ProjectEndpoints().all());
    endpoints.addAll(new TaskEndpoints().all());
    endpoints.addAll(new DataEndpoints(largestUpload).all());
    endpoints.addAll(new WebhookEndpoints(privateHooks).all());
    endpoints.add(
        new Endpoint(
            HandlerType.GET,
            "/openapi.json",
            Optional.empty(),
            "This document.",
            List.of(),
            Endpoint.NONE,
            "Document",
            call -> OpenApi.document(endpoints)));
  }

  /**
   * Adds the API's routes.
   *
   * @param largestUpload of items, in bytes
   * @param privateHooks whether webhooks may lead to addresses of this network
   */
  public static void add(
      RoutesConfig routes, LabelStore store, long largestUpload, boolean privateHooks) {
    LabelApi api = new LabelApi(store, largestUpload, privateHooks);
    for (Endpoint endpoint : api.endpoints) {
      routes.addHttpHandler(
          endpoint.method(), ROOT + endpoint.path(), context -> api.handle(endpoint, context));
    }
  }

  private void handle(Endpoint endpoint, Context context) {
    try {
      Optional<Account> account = account(endpoint, context);
      Object result = endpoint.work().of(new Call(context, store, account));
      if (endpoint.response().equals(Endpoint.NONE)) {
        context.status(HttpStatus.NO_CONTENT);
      } else if (!endpoint.response().equals(Endpoint.ROWS)) {
        context.contentType("application/json").result(result.toString());
      }
    } catch (ApiRefusal e) {
      refuse(context, e.status(), e.reason(), e.getMessage(), e.faults());
    } catch (Refusal e) {
      String reason = e.reason().name().toLowerCase(Locale.ROOT);
      boolean isThere = e.reason() != Refusal.Reason.NOT_FOUND;
      HttpStatus status = isThere ? HttpStatus.CONFLICT : HttpStatus.NOT_FOUND;
      refuse(context, status, reason, e.getMessage(), List.of());
    } catch (InputException e) {
      refuse(context, HttpStatus.BAD_REQUEST, "input", e.getMessage(), List.of());
    } catch (HttpResponseException e) {
      refuse(context, HttpStatus.forStatus(e.getStatus()), "http", e.getMessage(), List.of());
    } catch (IOException | RuntimeException e) {
      LOG.error("{} {} failed", context.method(), endpoint.path(), e);
      error(
          context,
          HttpStatus.INTERNAL_SERVER_ERROR,
          "failed",
          "Something went wrong here. It is in the server's log.",
          List.of());
    }
  }

  private Optional<Account> account(Endpoint endpoint, Context context) {
    if (endpoint.role().isEmpty()) {
      return Optional.empty();
    }
    String header = Optional.ofNullable(context.header("Authorization")).orElse("");
    var bearer = BEARER.matcher(header);
    Optional<Account> account =
        bearer.matches() ? store.apiTokens().find(bearer.group(1)) : Optional.empty();
    if (account.isEmpty()) {
      context.header("WWW-Authenticate", "Bearer");
      throw new ApiRefusal(
          HttpStatus.UNAUTHORIZED,
          "token",
          "Wanted 'Authorization: Bearer TOKEN' with a token of your account page.");
    }
    context.attribute("api.account", account.get());
    Role wanted = endpoint.role().get();
    if (account.get().role().compareTo(wanted) > 0) {
      throw new ApiRefusal(
          HttpStatus.FORBIDDEN, "role", "This is for accounts with the role " + wanted.key() + ".");
    }
    return account;
  }

  private void refuse(
      Context context, HttpStatus status, String reason, String message, List<String> faults) {
    if (logged.take(context.ip())) {
      Account account = context.attribute("api.account");
      Actor actor = account == null ? Actor.unknown(context.ip()) : Actor.of(account, context.ip());
      ObjectNode detail = Call.JSON.createObjectNode();
      detail.put("method", context.method().name()).put("status", status.getCode());
      String path = context.path().replaceAll("\\p{Cntrl}", "?");
      String shown = path.substring(0, Math.min(path.length(), LONGEST_SHOWN));
      store.audit().write(actor, "refused." + reason, shown, detail);
    }
    error(context, status, reason, message, faults);
  }

  private static void error(
      Context context, HttpStatus status, String reason, String message, List<String> faults) {
    ObjectNode body = Call.JSON.createObjectNode();
    ObjectNode error = body.putObject("error").put("reason", reason).put("message", message);
    if (!faults.isEmpty()) {
      var list = error.putArray("faults");
      faults.forEach(list::add);
    }
    context.status(status).contentType("application/json").result(body.toString());
  }
}
