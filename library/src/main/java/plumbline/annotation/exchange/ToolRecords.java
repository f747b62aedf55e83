package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import plumbline.annotation.form.Answer;
import plumbline.annotation.form.Answer.Edited;
import plumbline.annotation.form.Answer.Order;
import plumbline.annotation.form.Answer.Preference;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Answer.Text;
import plumbline.annotation.form.Ballot;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.store.Response;

/**
 * Items with everybody's answers as the records of Argilla and the tasks of Label Studio, in which
 * the responses are the fields {@code response_1}, {@code response_2} and so on.
 *
 * <p>Ratings are steps from 1 to 5 under {@code QUESTION_ATTRIBUTE_response_N}; two bad responses
 * are {@code neither}.
 */
final class ToolRecords {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final List<Question> questions;
  private int tasks;

  ToolRecords(List<Question> questions) {
    this.questions = questions;
  }

  /** One value that a person gave under a name. */
  private record Given(String name, String type, String about, JsonNode value) {}

  /** A record of Argilla. Users are UUIDs there: their names stand in the metadata. */
  ObjectNode argilla(LabelledItem item) {
    ObjectNode json = NODES.objectNode().put("id", item.id()).put("status", "completed");
    json.set("fields", fields(item));
    ObjectNode metadata = json.putObject("metadata");
    new TreeMap<>(item.prompt().meta()).forEach(metadata::put);
    metadata.put("item", item.id());
    json.putObject("suggestions");
    ObjectNode responses = json.putObject("responses");
    for (Ballot ballot : item.votes()) {
      String user = uuid(ballot.annotator());
      metadata.put("user_" + user, ballot.annotator());
      for (Given given : given(item, ballot)) {
        responses
            .withArrayProperty(given.name())
            .addObject()
            .<ObjectNode>set("value", given.value())
            .put("user_id", user);
      }
    }
    json.putObject("vectors");
    return json;
  }

  private static String uuid(String name) {
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)).toString();
  }

  /** A task of Label Studio, an annotation per person. */
  ObjectNode labelStudio(LabelledItem item) {
    ObjectNode json = NODES.objectNode().put("id", ++tasks);
    ObjectNode data = fields(item);
    data.put("item", item.id());
    json.set("data", data);
    ArrayNode annotations = json.putArray("annotations");
    for (Ballot ballot : item.votes()) {
      ObjectNode annotation = annotations.addObject().put("id", annotations.size());
      annotation.putObject("completed_by").put("email", ballot.annotator());
      annotation.put("was_cancelled", false);
      ArrayNode results = annotation.putArray("result");
      for (Given given : given(item, ballot)) {
        ObjectNode result = results.addObject().put("id", given.name());
        result.put("from_name", given.name()).put("to_name", given.about());
        labelStudio(result, given);
      }
    }
    json.putArray("predictions");
    ObjectNode meta = json.putObject("meta");
    new TreeMap<>(item.prompt().meta()).forEach(meta::put);
    return json;
  }

  private static void labelStudio(ObjectNode result, Given given) {
    ObjectNode value = result.putObject("value");
    switch (given.type()) {
      case "pairwise" -> {
        boolean isSide = given.value().asText().startsWith("response_");
        result.put("type", isSide ? "pairwise" : "choices");
        if (isSide) {
          value.put("selected", given.value().asText().equals("response_1") ? "left" : "right");
        } else {
          value.putArray("choices").add(given.value());
        }
      }
      case "ranking" -> {
        result.put("type", "ranker");
        ObjectNode buckets = value.putObject("ranker");
        for (JsonNode place : given.value()) {
          buckets.withArrayProperty("rank_" + place.get("rank").asText()).add(place.get("value"));
        }
      }
      case "likert" -> {
        result.put("type", "rating");
        value.set("rating", given.value());
      }
      default -> {
        result.put("type", "textarea");
        value.putArray("text").add(given.value());
      }
    }
  }

  private static ObjectNode fields(LabelledItem item) {
    ObjectNode fields = NODES.objectNode();
    fields.set("prompt", ItemJson.messages(item.prompt().messages()));
    for (Response response : item.responses()) {
      fields.put(field(item, response.id()), response.content());
    }
    return fields;
  }

  private static String field(LabelledItem item, String response) {
    List<String> ids = item.responses().stream().map(Response::id).toList();
    return "response_" + (ids.indexOf(response) + 1);
  }

  private List<Given> given(LabelledItem item, Ballot ballot) {
    List<Given> all = new ArrayList<>();
    for (Question question : questions) {
      Answer answer = ballot.answers().get(question.id());
      if (answer instanceof Ratings ratings) {
        ratings(item, question, ratings, all);
      } else if (answer != null) {
        all.add(new Given(question.id(), question.type(), "prompt", value(item, ballot, question)));
      }
    }
    return all;
  }

  private static JsonNode value(LabelledItem item, Ballot ballot, Question question) {
    Answer answer = ballot.answers().get(question.id());
    if (answer instanceof Preference preference) {
      return NODES.textNode(
          preference
              .preferred()
              .map(response -> field(item, response))
              .orElse(preference.bothBad() ? "neither" : "tie"));
    }
    if (answer instanceof Order) {
      ArrayNode places = NODES.arrayNode();
      ballot.ranks(question).entrySet().stream()
          .sorted(Map.Entry.comparingByValue())
          .forEach(
              rank ->
                  places
                      .addObject()
                      .put("value", field(item, rank.getKey()))
                      .put("rank", rank.getValue().intValue()));
      return places;
    }
    return NODES.textNode(answer instanceof Edited edited ? edited.text() : ((Text) answer).text());
  }

  private static void ratings(
      LabelledItem item, Question question, Ratings ratings, List<Given> all) {
    ratings
        .labels()
        .forEach(
            (response, labels) ->
                labels.forEach(
                    (attribute, value) -> {
                      String about =
                          response.equals(Ratings.ITEM) ? "prompt" : field(item, response);
                      String name =
                          question.id()
                              + "_"
                              + attribute.toLowerCase(Locale.ROOT).replace(' ', '_');
                      all.add(
                          new Given(
                              response.equals(Ratings.ITEM) ? name : name + "_" + about,
                              question.type(),
                              about,
                              NODES.numberNode(Likert.step(value))));
                    }));
  }
}
