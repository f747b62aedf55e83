package plumbline.web.label.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import plumbline.annotation.exchange.ItemJson;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.DeliveryLog;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.PersonProgress;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectProgress;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Webhook;

/** What the API answers with. */
final class ApiJson {
  private ApiJson() {}

  private static ObjectNode object() {
    return Call.JSON.createObjectNode();
  }

  static ArrayNode list(List<ObjectNode> nodes) {
    return Call.JSON.createArrayNode().addAll(nodes);
  }

  static ObjectNode project(Project project) {
    ObjectNode json = object().put("project", project.slug()).put("title", project.title());
    json.put("state", project.state().key()).put("guidelines", project.guidelines());
    json.put("created", project.created().toString());
    return json.set("settings", project.settings().toJson());
  }

  /** With what only reviewers may see: models, gold. */
  static ObjectNode item(Item item) {
    ObjectNode json = ItemJson.task(item).put("number", item.id());
    json.put("state", item.state().key());
    put(json, "agreement", item.agreement());
    return json;
  }

  /** Slots instead of the responses' ids, which may tell who wrote them. */
  static ObjectNode lease(Lease lease, List<Question> questions) {
    ObjectNode json = object().put("lease", lease.id());
    json.put("expires", lease.expires().toString()).put("guidelines", lease.guidelines());
    json.put("category", lease.item().category());
    json.set("messages", lease.item().context());
    ArrayNode responses = json.putArray("responses");
    for (Response response : lease.responses()) {
      int slot = responses.size() + 1;
      responses.addObject().put("id", Integer.toString(slot)).put("content", response.content());
    }
    lease
        .draft()
        .ifPresent(
            draft -> json.set("draft", Answers.renamed(questions, draft, slots(ids(lease)))));
    return json;
  }

  static List<String> ids(Lease lease) {
    return lease.responses().stream().map(Response::id).toList();
  }

  /** Response id to slot. */
  private static Map<String, String> slots(List<String> shown) {
    Map<String, String> slots = new LinkedHashMap<>();
    shown.forEach(id -> slots.put(id, Integer.toString(slots.size() + 1)));
    return slots;
  }

  /** Slot to response id. */
  static Map<String, String> ids(List<String> shown) {
    Map<String, String> ids = new LinkedHashMap<>();
    shown.forEach(id -> ids.put(Integer.toString(ids.size() + 1), id));
    return ids;
  }

  /** A person's own vote, by slots. */
  static ObjectNode vote(CastVote vote, List<Question> questions) {
    ObjectNode json = object().put("vote", vote.id()).put("kind", vote.kind().key());
    vote.leaseId().ifPresent(lease -> json.put("lease", lease));
    JsonNode answers = Answers.renamed(questions, vote.answers(), slots(vote.shown()));
    json.set("answers", answers);
    if (!vote.reason().isEmpty()) {
      json.put("reason", vote.reason());
    }
    json.put("seconds", vote.seconds()).put("guidelines", vote.guidelines());
    json.put("created", vote.created().toString()).put("current", vote.current());
    vote.supersedes().ifPresent(id -> json.put("supersedes", id));
    return json;
  }

  static ObjectNode progress(ProjectProgress progress) {
    ObjectNode json = object();
    ObjectNode items = json.putObject("items");
    progress.items().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(state -> items.put(state.getKey().key(), state.getValue()));
    json.put("gold", progress.gold()).put("votes", progress.votes());
    json.put("wanted", progress.wanted());
    put(json, "median_seconds", progress.medianSeconds());
    put(json, "agreement", progress.agreement());
    return json.set("people", list(progress.people().stream().map(ApiJson::person).toList()));
  }

  static ObjectNode person(PersonProgress person) {
    ObjectNode json = object().put("name", person.account().name());
    json.put("votes", person.votes()).put("skips", person.skips());
    json.put("discards", person.discards());
    put(json, "median_seconds", person.medianSeconds());
    put(json, "gold_accuracy", person.goldAccuracy());
    put(json, "first_preferred", person.firstPreferred());
    put(json, "agreement", person.agreement());
    return json;
  }

  /** Without the secret. */
  static ObjectNode webhook(Webhook webhook) {
    ObjectNode json = object().put("webhook", webhook.id()).put("url", webhook.url());
    ArrayNode events = json.putArray("events");
    webhook.events().forEach(events::add);
    return json.put("active", webhook.active());
  }

  static ObjectNode delivery(DeliveryLog delivery) {
    ObjectNode json = object().put("delivery", delivery.id());
    json.put("webhook", delivery.webhookId()).put("event", delivery.event());
    json.put("state", delivery.state()).put("attempts", delivery.attempts());
    json.put("result", delivery.lastResult());
    return json.put("created", delivery.created().toString());
  }

  private static void put(ObjectNode json, String key, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(key, value.getAsDouble());
    } else {
      json.putNull(key);
    }
  }
}
