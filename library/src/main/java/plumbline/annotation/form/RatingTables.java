package plumbline.annotation.form;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import plumbline.annotation.Agreement.Scale;
import plumbline.annotation.RatingTable;
import plumbline.annotation.RatingTable.Rating;
import plumbline.annotation.RatingTable.Unit;
import plumbline.annotation.VotedItem;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/**
 * What people's answers say of their agreement, a table per question:
 *
 * <ul>
 *   <li>pairwise: a unit per item; the strength with which the item's first response was preferred,
 *       negative for the other, 0 for a tie and for two bad responses
 *   <li>ranking: a unit per item and response; its rank, those left out sharing the last
 *   <li>likert: a table per attribute, named {@code question.attribute}; a unit per item and
 *       response
 * </ul>
 *
 * Texts are not compared.
 */
public final class RatingTables {
  private RatingTables() {}

  /**
   * The tables of everything that was answered.
   *
   * @param items with their votes
   */
  public static List<RatingTable> of(List<Question> questions, List<LabelledItem> items) {
    List<RatingTable> tables = new ArrayList<>();
    for (Question question : questions) {
      if (question instanceof Likert likert) {
        for (String attribute : likert.attributes()) {
          String name = question.id() + "." + attribute;
          add(tables, name, items.stream().flatMap(item -> rated(item, likert, attribute)));
        }
      } else if (question instanceof Ranking) {
        add(tables, question.id(), items.stream().flatMap(item -> ranked(item, question)));
      } else if (question instanceof Pairwise) {
        add(tables, question.id(), items.stream().flatMap(item -> preferred(item, question)));
      }
    }
    return tables;
  }

  /** The items on which rankings were given, for statistics of whole rankings. */
  public static List<VotedItem> voted(Question question, List<LabelledItem> items) {
    return items.stream().flatMap(item -> item.voted(question).stream()).toList();
  }

  private static void add(List<RatingTable> tables, String name, Stream<Unit> units) {
    List<Unit> rated = units.filter(unit -> !unit.ratings().isEmpty()).toList();
    if (!rated.isEmpty()) {
      tables.add(new RatingTable(name, Scale.ORDINAL, rated));
    }
  }

  private static Stream<Unit> preferred(LabelledItem item, Question question) {
    if (item.responses().isEmpty()) {
      return Stream.empty();
    }
    String first = item.responses().get(0).id();
    List<Rating> ratings = new ArrayList<>();
    for (Ballot vote : item.votes()) {
      vote.strength(question, first)
          .ifPresent(strength -> ratings.add(new Rating(vote.annotator(), strength)));
    }
    return Stream.of(new Unit(item.id(), ratings));
  }

  private static Stream<Unit> ranked(LabelledItem item, Question question) {
    Map<String, List<Rating>> units = new LinkedHashMap<>();
    item.responses().forEach(response -> units.put(response.id(), new ArrayList<>()));
    for (Ballot vote : item.votes()) {
      Map<String, Double> ranks = vote.ranks(question);
      if (!ranks.isEmpty()) {
        units.forEach(
            (response, ratings) ->
                ratings.add(
                    new Rating(
                        vote.annotator(), ranks.getOrDefault(response, ranks.size() + 1.0))));
      }
    }
    return units(item, units);
  }

  private static Stream<Unit> rated(LabelledItem item, Likert question, String attribute) {
    Map<String, List<Rating>> units = new LinkedHashMap<>();
    for (Ballot vote : item.votes()) {
      vote.answer(question, Ratings.class)
          .ifPresent(
              given ->
                  given
                      .labels()
                      .forEach(
                          (response, labels) -> {
                            if (labels.containsKey(attribute)) {
                              units
                                  .computeIfAbsent(response, r -> new ArrayList<>())
                                  .add(new Rating(vote.annotator(), labels.get(attribute)));
                            }
                          }));
    }
    return units(item, units);
  }

  private static Stream<Unit> units(LabelledItem item, Map<String, List<Rating>> units) {
    return units.entrySet().stream()
        .map(
            unit ->
                new Unit(
                    unit.getKey().equals(Ratings.ITEM)
                        ? item.id()
                        : item.id() + ": " + unit.getKey(),
                    unit.getValue()));
  }
}
