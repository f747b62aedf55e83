package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.TreeMap;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.MergedRanking;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.store.Response;
import plumbline.data.PreferencePair;

/** What the votes of an item say together. */
final class MergedRows {
  private final List<Question> questions;
  private final MergeMethod method;
  private final VoteTies ties;

  MergedRows(List<Question> questions, MergeMethod method, VoteTies ties) {
    this.questions = questions;
    this.method = method;
    this.ties = ties;
  }

  /**
   * {@code {"id", "meta", "prompt", "responses", "votes", "merged": {question: ..}}}: of a question
   * that ranks {@code ranking}, {@code tiers}, {@code points} and, of a pair, {@code strength}; of
   * one that rates the mean of each attribute by response; of comments, corrections and prompts
   * what each person wrote.
   */
  ObjectNode row(LabelledItem item) {
    ObjectNode row = JsonNodeFactory.instance.objectNode().put("id", item.id());
    row.set("prompt", ItemJson.messages(item.prompt().messages()));
    ArrayNode responses = row.putArray("responses");
    for (Response response : item.responses()) {
      ObjectNode one = responses.addObject().put("id", response.id());
      if (!response.model().isEmpty()) {
        one.put("model", response.model());
      }
      one.put("content", response.content());
    }
    row.put("votes", item.votes().size());
    ObjectNode merged = row.putObject("merged");
    for (Question question : questions) {
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      if (question instanceof Likert likert) {
        ratings(item, likert, result);
      } else {
        item.voted(question).ifPresent(voted -> ranking(item, question, voted, result));
        texts(item, question, result);
      }
      if (!result.isEmpty()) {
        merged.set(question.id(), result);
      }
    }
    ObjectNode meta = row.putObject("meta");
    new TreeMap<>(item.prompt().meta()).forEach(meta::put);
    return row;
  }

  private void ranking(LabelledItem item, Question question, VotedItem voted, ObjectNode into) {
    MergedRanking ranking = method.merge(voted, ties);
    ArrayNode strict = into.putArray("ranking");
    ranking.ranking().forEach(strict::add);
    ArrayNode tiers = into.putArray("tiers");
    for (List<String> tier : ranking.tiers()) {
      ArrayNode one = tiers.addArray();
      tier.forEach(one::add);
    }
    ObjectNode points = into.putObject("points");
    ranking.pointsWithTies().forEach(points::put);
    if (question instanceof Question.Pairwise) {
      item.mergedPairs(question, method, ties).stream()
          .map(PreferencePair::strength)
          .forEach(strength -> strength.ifPresent(value -> into.put("strength", value)));
    }
  }

  private static void ratings(LabelledItem item, Likert question, ObjectNode into) {
    item.meanRatings(question)
        .forEach(
            (response, labels) -> {
              ObjectNode values = question.of() == Likert.Of.ITEM ? into : into.putObject(response);
              labels.forEach(values::put);
            });
  }

  private static void texts(LabelledItem item, Question question, ObjectNode into) {
    item.comments(question).forEach(into::put);
    item.demonstrations(question)
        .forEach(row -> into.put(row.meta().get("annotator"), row.response()));
    item.prompts(question).forEach(row -> into.put(row.meta().get("annotator"), row.question()));
  }
}
