package plumbline.annotation.form;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import plumbline.annotation.store.AnswerReader;

/**
 * How alike answers are, in [0, 1]:
 *
 * <ul>
 *   <li>pairwise: 1 for the same response or verdict, however strongly, else 0
 *   <li>ranking: the share of pairs of responses that stand alike, those left out below all others
 *   <li>likert: 1 minus the mean distance of the ratings that both gave
 * </ul>
 *
 * Texts are not compared.
 */
public final class AnswerLikeness implements AnswerReader {
  private static final int LAST = Integer.MAX_VALUE;

  @Override
  public OptionalDouble agreement(JsonNode questions, List<JsonNode> answers) {
    List<Double> alike = new ArrayList<>();
    stream(questions)
        .forEach(
            question -> {
              String id = question.path("id").asText();
              for (int i = 0; i < answers.size(); i++) {
                for (int j = 0; j < i; j++) {
                  likeness(question, answers.get(i).path(id), answers.get(j).path(id))
                      .ifPresent(alike::add);
                }
              }
            });
    return mean(alike);
  }

  /** The mean likeness of what gold has an answer to; what was not answered is not alike. */
  @Override
  public OptionalDouble accuracy(JsonNode questions, JsonNode gold, JsonNode answers) {
    List<Double> alike = new ArrayList<>();
    stream(questions)
        .forEach(
            question -> {
              String id = question.path("id").asText();
              JsonNode right = gold.path(id);
              if (likeness(question, right, right).isPresent()) {
                alike.add(likeness(question, right, answers.path(id)).orElse(0));
              }
            });
    return mean(alike);
  }

  /** By the first question that prefers one to all others. */
  @Override
  public Optional<String> preferred(JsonNode questions, JsonNode answers) {
    return stream(questions)
        .flatMap(
            question -> {
              JsonNode answer = answers.path(question.path("id").asText());
              JsonNode first = answer.path(0);
              return switch (question.path("type").asText()) {
                case "pairwise" -> Stream.of(answer.path("preferred"));
                case "ranking" -> first.size() == 1 ? Stream.of(first.get(0)) : Stream.empty();
                default -> Stream.<JsonNode>empty();
              };
            })
        .filter(JsonNode::isTextual)
        .map(JsonNode::textValue)
        .findFirst();
  }

  private static OptionalDouble likeness(JsonNode question, JsonNode one, JsonNode other) {
    if (one.isEmpty() || other.isEmpty()) {
      return OptionalDouble.empty();
    }
    return switch (question.path("type").asText()) {
      case "pairwise" -> OptionalDouble.of(isSame(one, other) ? 1 : 0);
      case "ranking" -> orders(places(one), places(other));
      case "likert" -> ratings(one, other);
      default -> OptionalDouble.empty();
    };
  }

  private static boolean isSame(JsonNode one, JsonNode other) {
    return Objects.equals(one.get("preferred"), other.get("preferred"))
        && Objects.equals(one.get("verdict"), other.get("verdict"));
  }

  private static Map<String, Integer> places(JsonNode tiers) {
    Map<String, Integer> places = new HashMap<>();
    for (int place = 0; place < tiers.size(); place++) {
      for (JsonNode response : tiers.get(place)) {
        places.put(response.asText(), place);
      }
    }
    return places;
  }

  private static OptionalDouble orders(Map<String, Integer> one, Map<String, Integer> other) {
    Set<String> all = new TreeSet<>(one.keySet());
    all.addAll(other.keySet());
    List<String> responses = List.copyOf(all);
    List<Double> alike = new ArrayList<>();
    for (int i = 0; i < responses.size(); i++) {
      for (int j = 0; j < i; j++) {
        String a = responses.get(i);
        String b = responses.get(j);
        alike.add(order(one, a, b) == order(other, a, b) ? 1.0 : 0.0);
      }
    }
    return mean(alike);
  }

  private static int order(Map<String, Integer> places, String a, String b) {
    return Integer.compare(places.getOrDefault(a, LAST), places.getOrDefault(b, LAST));
  }

  private static OptionalDouble ratings(JsonNode one, JsonNode other) {
    List<Double> alike = new ArrayList<>();
    distances(one, other, alike);
    return mean(alike);
  }

  /** Adds one for every number that both have in the same place. */
  private static void distances(JsonNode one, JsonNode other, List<Double> alike) {
    for (Map.Entry<String, JsonNode> entry : one.properties()) {
      JsonNode value = entry.getValue();
      JsonNode beside = other.path(entry.getKey());
      if (value.isNumber() && beside.isNumber()) {
        alike.add(1 - Math.abs(value.doubleValue() - beside.doubleValue()));
      } else {
        distances(value, beside, alike);
      }
    }
  }

  private static Stream<JsonNode> stream(JsonNode questions) {
    return StreamSupport.stream(questions.spliterator(), false);
  }

  private static OptionalDouble mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average();
  }
}
