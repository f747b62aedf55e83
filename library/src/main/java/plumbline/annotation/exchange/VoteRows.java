package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Ballot;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.ResponseSet;
import plumbline.annotation.store.VoteKind;

/**
 * Everything that was voted, a row per item and response set, as {@code label merge} and {@code
 * label agreement} read it: {@code votes} holds those that count, each with {@code ranks} of one
 * question that ranks and {@code ratings} of those that rate; {@code history} what does not count
 * and reviewers' last words.
 */
final class VoteRows {
  private final ProjectVotes votes;
  private final Optional<Question> ranking;

  /**
   * @param ranking the question whose ranks are given
   */
  VoteRows(ProjectVotes votes, Optional<Question> ranking) {
    this.votes = votes;
    this.ranking = ranking;
  }

  void forEach(Consumer<ObjectNode> out) {
    votes.forEach(
        (item, all) -> {
          for (ResponseSet set : item.sets()) {
            out.accept(row(item, set, all));
          }
        });
  }

  private ObjectNode row(Item item, ResponseSet set, List<CastVote> all) {
    boolean isOnly = item.sets().size() == 1;
    List<Response> responses = set.responseIds().stream().map(item::response).toList();
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("id", isOnly ? item.externalId() : item.externalId() + "/" + set.group());
    row.put("project", votes.project().slug()).put("state", item.state().key());
    if (!set.group().isEmpty()) {
      row.put("group", set.group());
    }
    if (!item.category().isEmpty()) {
      row.put("category", item.category());
    }
    row.set("prompt", item.context());
    ObjectNode texts = row.putObject("responses");
    responses.forEach(response -> texts.put(response.id(), response.content()));
    models(row, responses);
    item.gold().ifPresent(gold -> row.set("gold", gold));
    row.set("meta", item.meta());
    ArrayNode counting = row.putArray("votes");
    ArrayNode history = row.putArray("history");
    for (CastVote vote : all) {
      if (vote.setId().isEmpty() || vote.setId().getAsLong() == set.id()) {
        boolean counts = vote.current() && vote.kind() == VoteKind.VOTE;
        (counts ? counting : history).add(vote(vote, counts));
      }
    }
    return row;
  }

  /** Models are candidates only where each wrote one response. */
  private static void models(ObjectNode row, List<Response> responses) {
    List<String> models = responses.stream().map(Response::model).toList();
    boolean areCandidates = !models.contains("") && new HashSet<>(models).size() == models.size();
    if (models.stream().anyMatch(model -> !model.isEmpty())) {
      ObjectNode of = row.putObject(areCandidates ? "model_of" : "models");
      responses.forEach(response -> of.put(response.id(), response.model()));
    }
  }

  private ObjectNode vote(CastVote vote, boolean counts) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", vote.id()).put("annotator", votes.annotator(vote));
    json.put("kind", vote.kind().key());
    Optional<Ballot> ballot = counts ? votes.ballot(vote) : Optional.empty();
    ballot.ifPresent(one -> numbers(one, json));
    json.set("answers", vote.answers());
    ArrayNode order = json.putArray("order");
    vote.shown().forEach(order::add);
    json.put("guidelines", vote.guidelines()).put("seconds", vote.seconds());
    json.put("created", vote.created().toString());
    if (!vote.reason().isEmpty()) {
      json.put("reason", vote.reason());
    }
    vote.supersedes().ifPresent(id -> json.put("supersedes", id));
    vote.supersededBy().ifPresent(id -> json.put("superseded_by", id));
    return json;
  }

  private void numbers(Ballot ballot, ObjectNode json) {
    ranking
        .map(ballot::ranks)
        .filter(ranks -> !ranks.isEmpty())
        .ifPresent(
            ranks -> {
              ObjectNode of = json.putObject("ranks");
              ranks.forEach(of::put);
            });
    ObjectNode ratings = JsonNodeFactory.instance.objectNode();
    for (Question question : votes.questions()) {
      if (question instanceof Likert) {
        ballot
            .answer(question, Ratings.class)
            .ifPresent(given -> rate(ratings, question.id(), given.labels()));
      }
    }
    if (!ratings.isEmpty()) {
      json.set("ratings", ratings);
    }
  }

  /** {@code {question.attribute: {response: value}}}. */
  private static void rate(
      ObjectNode ratings, String question, Map<String, Map<String, Double>> labels) {
    labels.forEach(
        (response, values) ->
            values.forEach(
                (attribute, value) ->
                    ratings.withObjectProperty(question + "." + attribute).put(response, value)));
  }
}
