package plumbline.annotation.form;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.MergedRanking;
import plumbline.annotation.Vote;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.annotation.form.Answer.Edited;
import plumbline.annotation.form.Answer.Preference;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Answer.Text;
import plumbline.annotation.form.Question.Comment;
import plumbline.annotation.form.Question.Writing;
import plumbline.annotation.store.Response;
import plumbline.data.Demonstration;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;

/**
 * An item with the votes that count, and the rows that they become.
 *
 * <p>Rows keep the prompt's meta and add {@code item}, {@code question}, {@code models} and, where
 * a row is one person's, {@code annotator}; where it is several people's, {@code votes}.
 *
 * @param id names the item
 * @param prompt what the responses answer
 * @param responses what was judged; may be empty
 * @param votes one per person
 */
public record LabelledItem(String id, Prompt prompt, List<Response> responses, List<Ballot> votes) {
  public LabelledItem {
    responses = List.copyOf(responses);
    votes = List.copyOf(votes);
  }

  private String content(String response) {
    return one(response).content();
  }

  private Response one(String response) {
    return responses.stream()
        .filter(one -> one.id().equals(response))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("item " + id + " has no response " + response));
  }

  /**
   * The votes on the order of the responses.
   *
   * @return empty where nobody ranked, or there is nothing to rank
   */
  public Optional<VotedItem> voted(Question question) {
    List<Vote> ranked = votes.stream().flatMap(vote -> vote.vote(question).stream()).toList();
    List<String> ids = responses.stream().map(Response::id).toList();
    return ranked.isEmpty() || ids.size() < 2
        ? Optional.empty()
        : Optional.of(new VotedItem(id, ids, ranked));
  }

  /**
   * {@link #voted} with models for candidates, so that items can be taken together.
   *
   * @return empty too where a model is not known or wrote several of the responses
   */
  public Optional<VotedItem> votedByModel(Question question) {
    List<String> models = responses.stream().map(Response::model).toList();
    if (models.contains("") || Set.copyOf(models).size() < models.size()) {
      return Optional.empty();
    }
    return voted(question)
        .map(
            item ->
                new VotedItem(
                    id, models, item.votes().stream().map(vote -> byModel(vote)).toList()));
  }

  private Vote byModel(Vote vote) {
    Map<String, Double> ranks = new LinkedHashMap<>();
    vote.ranks().forEach((response, rank) -> ranks.put(one(response).model(), rank));
    return new Vote(vote.annotator(), ranks, vote.count());
  }

  /** Each person's ranking of two responses or more; who left out all but one gives none. */
  public List<RankedResponses> rankings(Question question) {
    List<RankedResponses> rows = new ArrayList<>();
    for (Ballot vote : votes) {
      List<List<String>> tiers = tiers(vote.ranks(question));
      if (tiers.stream().mapToInt(List::size).sum() > 1) {
        rows.add(ranking(tiers, prompt(question, models(tiers), by(vote))));
      }
    }
    return rows;
  }

  private static List<List<String>> tiers(Map<String, Double> ranks) {
    Map<Double, List<String>> tiers = new TreeMap<>();
    ranks.forEach((id, rank) -> tiers.computeIfAbsent(rank, r -> new ArrayList<>()).add(id));
    return List.copyOf(tiers.values());
  }

  private RankedResponses ranking(List<List<String>> tiers, Prompt prompt) {
    List<String> texts = new ArrayList<>();
    Set<Integer> ties = new TreeSet<>();
    for (List<String> tier : tiers) {
      for (int i = 0; i < tier.size(); i++) {
        if (i > 0) {
          ties.add(texts.size());
        }
        texts.add(content(tier.get(i)));
      }
    }
    return new RankedResponses(prompt, texts, ties);
  }

  /** The ranking that all votes give together. */
  public Optional<RankedResponses> merged(Question question, MergeMethod method, VoteTies ties) {
    return voted(question)
        .map(
            item -> {
              MergedRanking merged = method.merge(item, ties);
              List<List<String>> tiers = merged.tiers();
              return ranking(tiers, prompt(question, models(tiers), together(item.votes().size())));
            });
  }

  /**
   * Each person's pairs: of a preference one with its strength, of a ranking every two responses
   * that are not tied. Ties, and two bad responses, give none.
   */
  public List<PreferencePair> pairs(Question question) {
    List<PreferencePair> rows = new ArrayList<>();
    for (Ballot vote : votes) {
      OptionalDouble strength =
          vote.answer(question, Preference.class).stream()
              .mapToDouble(Preference::strength)
              .findFirst();
      rows.addAll(pairs(question, tiers(vote.ranks(question)), strength, by(vote)));
    }
    return rows;
  }

  /**
   * The pairs of the merged ranking. That of two responses has the mean strength of all votes, with
   * ties as 0 and votes for the other as negative.
   */
  public List<PreferencePair> mergedPairs(Question question, MergeMethod method, VoteTies ties) {
    return voted(question)
        .map(
            item -> {
              List<List<String>> tiers = method.merge(item, ties).tiers();
              String best = tiers.get(0).get(0);
              OptionalDouble strength =
                  votes.stream()
                      .flatMap(vote -> vote.strength(question, best).stream())
                      .mapToDouble(one -> one)
                      .average();
              return pairs(question, tiers, strength, together(item.votes().size()));
            })
        .orElse(List.of());
  }

  private List<PreferencePair> pairs(
      Question question,
      List<List<String>> tiers,
      OptionalDouble strength,
      Map<String, String> about) {
    List<PreferencePair> rows = new ArrayList<>();
    for (int better = 0; better < tiers.size(); better++) {
      for (int worse = better + 1; worse < tiers.size(); worse++) {
        for (String chosen : tiers.get(better)) {
          for (String rejected : tiers.get(worse)) {
            Prompt asked = prompt(question, models(List.of(List.of(chosen, rejected))), about);
            rows.add(new PreferencePair(asked, content(chosen), content(rejected), strength));
          }
        }
      }
    }
    return rows;
  }

  /** Each person's ratings of each response; of ratings of the item the response is empty. */
  public List<RatedResponse> ratings(Question question) {
    List<RatedResponse> rows = new ArrayList<>();
    for (Ballot vote : votes) {
      vote.answer(question, Ratings.class)
          .ifPresent(
              given ->
                  given
                      .labels()
                      .forEach(
                          (response, labels) ->
                              rows.add(rated(question, response, labels, by(vote)))));
    }
    return rows;
  }

  /** The mean of all people's ratings of each response. */
  public List<RatedResponse> mergedRatings(Question question) {
    long people =
        votes.stream().filter(vote -> vote.answer(question, Ratings.class).isPresent()).count();
    Map<String, String> about = together((int) people);
    List<RatedResponse> rows = new ArrayList<>();
    meanRatings(question)
        .forEach((response, means) -> rows.add(rated(question, response, means, about)));
    return rows;
  }

  /**
   * The mean of all people's ratings by response and attribute, {@link Ratings#ITEM} standing for
   * the item.
   */
  public Map<String, Map<String, Double>> meanRatings(Question question) {
    Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();
    for (Ballot vote : votes) {
      vote.answer(question, Ratings.class).ifPresent(ratings -> collect(ratings.labels(), values));
    }
    Map<String, Map<String, Double>> means = new LinkedHashMap<>();
    for (String response : ratedInOrder(values.keySet())) {
      Map<String, Double> labels = new TreeMap<>();
      values.get(response).forEach((attribute, all) -> labels.put(attribute, mean(all)));
      means.put(response, labels);
    }
    return means;
  }

  private static void collect(
      Map<String, Map<String, Double>> labels, Map<String, Map<String, List<Double>>> into) {
    labels.forEach(
        (response, values) ->
            values.forEach(
                (attribute, value) ->
                    into.computeIfAbsent(response, r -> new TreeMap<>())
                        .computeIfAbsent(attribute, a -> new ArrayList<>())
                        .add(value)));
  }

  /** In the order of the item, whatever the order in which people were shown them. */
  private List<String> ratedInOrder(Set<String> rated) {
    List<String> order = new ArrayList<>(List.of(Ratings.ITEM));
    responses.forEach(response -> order.add(response.id()));
    order.retainAll(rated);
    return order;
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElseThrow();
  }

  private RatedResponse rated(
      Question question, String response, Map<String, Double> labels, Map<String, String> about) {
    boolean isItem = response.equals(Ratings.ITEM);
    String models = isItem ? "" : one(response).model();
    return new RatedResponse(
        prompt(question, models, about), isItem ? "" : content(response), labels);
  }

  /** What people corrected. */
  public List<Demonstration> demonstrations(Question question) {
    List<Demonstration> rows = new ArrayList<>();
    for (Ballot vote : votes) {
      vote.answer(question, Edited.class)
          .ifPresent(
              edited ->
                  rows.add(
                      new Demonstration(
                          prompt(question, one(edited.response()).model(), by(vote)),
                          edited.text())));
    }
    return rows;
  }

  /** The prompts that people wrote; comments give none. */
  public List<Prompt> prompts(Question question) {
    if (!(question instanceof Writing)) {
      return List.of();
    }
    List<Prompt> rows = new ArrayList<>();
    for (Ballot vote : votes) {
      vote.answer(question, Text.class)
          .ifPresent(
              written ->
                  rows.add(Prompt.of(written.text()).withMeta(about(question, "", by(vote)))));
    }
    return rows;
  }

  /** What people said to a question for comments, by their names. */
  public Map<String, String> comments(Question question) {
    Map<String, String> comments = new LinkedHashMap<>();
    if (question instanceof Comment) {
      for (Ballot vote : votes) {
        vote.answer(question, Text.class)
            .ifPresent(said -> comments.put(vote.annotator(), said.text()));
      }
    }
    return comments;
  }

  private String models(List<List<String>> tiers) {
    return tiers.stream()
        .flatMap(List::stream)
        .map(response -> one(response).model())
        .collect(Collectors.joining(","));
  }

  private Prompt prompt(Question question, String models, Map<String, String> about) {
    return prompt.withMeta(about(question, models, about));
  }

  private Map<String, String> about(Question question, String models, Map<String, String> more) {
    Map<String, String> meta = new TreeMap<>(prompt.meta());
    meta.put("item", id);
    meta.put("question", question.id());
    if (!models.replace(",", "").isEmpty()) {
      meta.put("models", models);
    }
    meta.putAll(more);
    return meta;
  }

  private static Map<String, String> by(Ballot vote) {
    return Map.of("annotator", vote.annotator());
  }

  private static Map<String, String> together(int votes) {
    return Map.of("votes", Integer.toString(votes));
  }
}
