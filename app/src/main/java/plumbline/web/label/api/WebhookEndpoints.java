package plumbline.web.label.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.Webhook;
import plumbline.annotation.store.Webhooks;
import plumbline.web.Tokens;

/** Where events are sent. */
final class WebhookEndpoints {
  private final boolean privateHooks;

  WebhookEndpoints(boolean privateHooks) {
    this.privateHooks = privateHooks;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.of(
            HandlerType.GET,
            "/projects/{project}/webhooks",
            Role.ADMIN,
            "Where the project's events are sent.",
            "Webhooks",
            WebhookEndpoints::list),
        Endpoint.of(
                HandlerType.POST,
                "/projects/{project}/webhooks",
                Role.ADMIN,
                "Sends events somewhere from now on. The secret is told this once.",
                "NewWebhookSecret",
                this::register)
            .taking("NewWebhook"),
        Endpoint.of(
            HandlerType.DELETE,
            "/projects/{project}/webhooks/{webhook}",
            Role.ADMIN,
            "Sends nothing more there; what waits is given up.",
            Endpoint.NONE,
            WebhookEndpoints::stop),
        Endpoint.of(
                HandlerType.GET,
                "/projects/{project}/deliveries",
                Role.ADMIN,
                "The newest deliveries and what became of them.",
                "Deliveries",
                WebhookEndpoints::deliveries)
            .with("limit", "integer", "how many, up to 1000; default: 100"));
  }

  private static Object list(Call call) {
    List<Webhook> hooks = call.store().webhooks().list(call.project().id());
    ObjectNode body = Call.JSON.createObjectNode();
    return body.set("webhooks", ApiJson.list(hooks.stream().map(ApiJson::webhook).toList()));
  }

  private Object register(Call call) throws IOException {
    Project project = call.project();
    ObjectNode body = call.body(Set.of("url", "events"));
    String url = Call.text(body, "url", WebhookAddress.LONGEST);
    WebhookAddress.check(url, privateHooks);
    List<String> events = new ArrayList<>();
    for (JsonNode event : body.path("events")) {
      events.add(event.asText());
    }
    String secret = Tokens.random();
    Webhook made =
        call.store()
            .webhooks()
            .register(
                call.actor(),
                project.id(),
                url,
                secret,
                events.isEmpty() ? Webhooks.EVENTS : events);
    return ApiJson.webhook(made).put("secret", secret);
  }

  private static Object stop(Call call) {
    call.store().webhooks().deactivate(call.actor(), call.project().id(), call.id("webhook"));
    return "";
  }

  private static Object deliveries(Call call) {
    ObjectNode body = Call.JSON.createObjectNode();
    return body.set(
        "deliveries",
        ApiJson.list(
            call.store().webhooks().log(call.project().id(), call.limit()).stream()
                .map(ApiJson::delivery)
                .toList()));
  }
}
