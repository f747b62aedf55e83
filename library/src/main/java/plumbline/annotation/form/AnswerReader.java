package plumbline.annotation.form;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import plumbline.annotation.form.Answer.Edited;
import plumbline.annotation.form.Answer.Order;
import plumbline.annotation.form.Answer.Preference;
import plumbline.annotation.form.Answer.Ratings;
import plumbline.annotation.form.Answer.Text;
import plumbline.annotation.form.Question.Edit;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;

/** Reads one answer and collects what is wrong with it. */
final class AnswerReader {
  private static final int SHOWN = 60;

  private final List<String> responses;
  private final List<Fault> faults;

  AnswerReader(List<String> responses, List<Fault> faults) {
    this.responses = responses;
    this.faults = faults;
  }

  /** The answer; empty if it has a fault, which is then among the faults. */
  Optional<Answer> read(Question question, JsonNode given, String path) {
    int before = faults.size();
    Answer answer;
    if (question instanceof Pairwise pairwise) {
      answer = pairwise(pairwise, given, path);
    } else if (question instanceof Ranking ranking) {
      answer = ranking(ranking, given, path);
    } else if (question instanceof Likert likert) {
      answer = likert(likert, given, path);
    } else if (question instanceof Edit) {
      answer = edit(question, given, path);
    } else {
      answer = new Text(text(given, path));
    }
    return faults.size() == before ? Optional.of(answer) : Optional.empty();
  }

  private Preference pairwise(Pairwise question, JsonNode given, String path) {
    if (onlyKeys(given, path, Set.of("preferred", "strength", "verdict"))) {
      if (given.has("verdict")) {
        return verdict(question, given, path);
      }
      String preferred = response(given.path("preferred"), path + ".preferred");
      JsonNode strength = given.path("strength");
      boolean isWhole = strength.isIntegralNumber() && strength.canConvertToInt();
      int degree = strength.isMissingNode() ? 1 : isWhole ? strength.intValue() : 0;
      if (degree < 1 || degree > question.strengths()) {
        fault(path + ".strength", strength, "a whole number from 1 to " + question.strengths());
      }
      return new Preference(Optional.of(preferred), degree, false);
    }
    return new Preference(Optional.empty(), 0, false);
  }

  private Preference verdict(Pairwise question, JsonNode given, String path) {
    List<String> known = new ArrayList<>();
    if (question.tie()) {
      known.add("tie");
    }
    if (question.bothBad()) {
      known.add("both_bad");
    }
    JsonNode verdict = given.get("verdict");
    if (given.size() > 1) {
      fault(path, given, "either a verdict or a preferred response");
    } else if (known.isEmpty()) {
      fault(path + ".verdict", verdict, "nothing: the question takes neither ties nor both bad");
    } else if (!known.contains(verdict.asText())) {
      fault(path + ".verdict", verdict, String.join(" or ", known));
    }
    return new Preference(Optional.empty(), 0, verdict.asText().equals("both_bad"));
  }

  private Order ranking(Ranking question, JsonNode given, String path) {
    List<List<String>> tiers = new ArrayList<>();
    if (!given.isArray()) {
      fault(path, given, "a list of places, each a list of responses");
      return new Order(tiers);
    }
    Set<String> placed = new HashSet<>();
    for (JsonNode place : given) {
      String at = path + "[" + tiers.size() + "]";
      List<String> tier = new ArrayList<>();
      if (!place.isArray() || place.isEmpty()) {
        fault(at, place, "a list of responses");
      }
      for (JsonNode one : place) {
        String response = response(one, at);
        if (!placed.add(response)) {
          fault(at, one, "each response once");
        }
        tier.add(response);
      }
      if (tier.size() > 1 && !question.ties()) {
        fault(at, place, "one response: the question takes no ties");
      }
      tiers.add(tier);
    }
    if (!question.partial() && placed.size() < responses.size()) {
      List<String> left = responses.stream().filter(one -> !placed.contains(one)).toList();
      faults.add(
          new Fault(path, "without " + String.join(", ", left), "a place for every response"));
    }
    return new Order(tiers);
  }

  private Ratings likert(Likert question, JsonNode given, String path) {
    Map<String, Map<String, Double>> labels = new LinkedHashMap<>();
    if (question.of() == Likert.Of.ITEM) {
      labels.put(Ratings.ITEM, attributes(question, given, path));
    } else if (onlyKeys(given, path, responses)) {
      for (String response : responses) {
        if (given.has(response)) {
          labels.put(response, attributes(question, given.get(response), path + "." + response));
        } else if (question.required()) {
          faults.add(new Fault(path + "." + response, "missing", "ratings"));
        }
      }
    }
    return new Ratings(labels);
  }

  private Map<String, Double> attributes(Likert question, JsonNode given, String path) {
    Map<String, Double> values = new LinkedHashMap<>();
    if (onlyKeys(given, path, question.attributes())) {
      for (String attribute : question.attributes()) {
        if (given.has(attribute)) {
          values.put(attribute, value(given.get(attribute), path + "." + attribute));
        } else if (question.required()) {
          faults.add(new Fault(path + "." + attribute, "missing", "a rating"));
        }
      }
    }
    return values;
  }

  private double value(JsonNode given, String path) {
    double value = given.isNumber() ? given.doubleValue() : Double.NaN;
    boolean inRange = value >= 0 && value <= 1;
    if (!inRange || Likert.value(Likert.step(value)) != value) {
      fault(path, given, "0, 0.25, 0.5, 0.75 or 1");
    }
    return value;
  }

  private Edited edit(Question question, JsonNode given, String path) {
    if (onlyKeys(given, path, Set.of("response", "text"))) {
      String response = response(given.path("response"), path + ".response");
      String text = text(given.path("text"), path + ".text");
      if (text.isBlank() && question.required()) {
        fault(path + ".text", given.path("text"), "the corrected answer");
      }
      return new Edited(response, text);
    }
    return new Edited("", "");
  }

  private String text(JsonNode given, String path) {
    if (!given.isTextual()) {
      fault(path, given, "a text");
      return "";
    }
    String text = given.textValue();
    if (text.length() > Answers.LONGEST_TEXT) {
      faults.add(
          new Fault(
              path,
              text.length() + " characters long",
              "at most " + Answers.LONGEST_TEXT + " characters"));
    }
    return text;
  }

  private String response(JsonNode given, String path) {
    if (!given.isTextual() || !responses.contains(given.textValue())) {
      fault(path, given, "one of " + String.join(", ", responses));
    }
    return given.asText();
  }

  private boolean onlyKeys(JsonNode given, String path, java.util.Collection<String> known) {
    if (!given.isObject()) {
      fault(path, given, "an object with " + String.join(", ", known.stream().sorted().toList()));
      return false;
    }
    int before = faults.size();
    given
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                faults.add(
                    new Fault(
                        path + "." + shortened(name),
                        "not known",
                        String.join(", ", known.stream().sorted().toList())));
              }
            });
    return faults.size() == before;
  }

  private void fault(String path, JsonNode found, String wanted) {
    faults.add(new Fault(path, kind(found), wanted));
  }

  /** What a node is, for messages. */
  static String kind(JsonNode node) {
    if (node.isMissingNode()) {
      return "missing";
    }
    if (node.isContainerNode() && node.toString().length() > SHOWN) {
      return node.isArray() ? "a list" : "an object";
    }
    return shortened(node.isTextual() ? "'" + node.textValue() + "'" : node.toString());
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "..";
  }
}
