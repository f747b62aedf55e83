package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Response;
import plumbline.data.Demonstration;
import plumbline.data.Dialogue;
import plumbline.data.Example;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.Sha256;

/**
 * Rows of data sets as items. An item's id is a hash of what is shown, so that the same row is the
 * same item; its responses stand in an order that does not tell which was preferred.
 */
final class ExampleItems {
  private static final int ID_LENGTH = 20;

  private final List<Question> questions;
  private final boolean gold;

  /**
   * @param gold whether what a row prefers is the right answer
   */
  ExampleItems(List<Question> questions, boolean gold) {
    this.questions = questions;
    this.gold = gold;
  }

  /**
   * What a row asks and shows.
   *
   * @param models of the responses; empty texts where they are not known
   * @param tiers indices of the responses, best first, where the row ranks them
   */
  record Shown(
      Prompt prompt, List<String> responses, List<String> models, List<List<Integer>> tiers) {
    static Shown of(Prompt prompt, List<String> responses, List<List<Integer>> tiers) {
      String known = prompt.meta().getOrDefault("models", prompt.meta().getOrDefault("model", ""));
      List<String> models = List.of(known.split(",", -1));
      return new Shown(
          prompt,
          responses,
          models.size() == responses.size() ? models : Collections.nCopies(responses.size(), ""),
          tiers);
    }
  }

  static Shown shown(Example example) {
    return switch (example.kind()) {
      case PROMPTS -> Shown.of((Prompt) example, List.of(), List.of());
      case DIALOGUES -> dialogue((Dialogue) example);
      case DEMONSTRATIONS -> {
        Demonstration one = (Demonstration) example;
        yield Shown.of(one.prompt(), List.of(one.response()), List.of());
      }
      case RATINGS -> {
        RatedResponse one = (RatedResponse) example;
        yield Shown.of(one.prompt(), List.of(one.response()), List.of());
      }
      case PAIRS -> {
        PreferencePair one = (PreferencePair) example;
        List<String> both = List.of(one.chosen(), one.rejected());
        yield Shown.of(one.prompt(), both, List.of(List.of(0), List.of(1)));
      }
      case RANKINGS -> {
        RankedResponses one = (RankedResponses) example;
        yield Shown.of(one.prompt(), one.responses(), tiers(one));
      }
    };
  }

  /** The last turn of an assistant is the response. */
  private static Shown dialogue(Dialogue dialogue) {
    List<Message> messages = dialogue.messages();
    int last = messages.size() - 1;
    boolean isAnswered = last > 0 && messages.get(last).role().equals(Message.ASSISTANT);
    Prompt prompt = new Prompt(isAnswered ? messages.subList(0, last) : messages, dialogue.meta());
    return Shown.of(
        prompt, isAnswered ? List.of(messages.get(last).content()) : List.of(), List.of());
  }

  private static List<List<Integer>> tiers(RankedResponses ranking) {
    List<List<Integer>> tiers = new ArrayList<>();
    for (int i = 0; i < ranking.responses().size(); i++) {
      if (!ranking.ties().contains(i)) {
        tiers.add(new ArrayList<>());
      }
      tiers.get(tiers.size() - 1).add(i);
    }
    return tiers;
  }

  /** Rows with one response each to the same prompt as one item. */
  static Shown together(Shown one, Shown next) {
    return new Shown(
        one.prompt(),
        joined(one.responses(), next.responses()),
        joined(one.models(), next.models()),
        List.of());
  }

  private static List<String> joined(List<String> one, List<String> next) {
    return Stream.concat(one.stream(), next.stream()).toList();
  }

  NewItem item(Shown shown) {
    Map<String, String> meta = new TreeMap<>(shown.prompt().meta());
    List<String> texts = shown.responses();
    List<Integer> order =
        IntStream.range(0, texts.size())
            .boxed()
            .sorted(Comparator.comparing(i -> hash(List.of(texts.get(i)))))
            .toList();
    List<Response> responses = new ArrayList<>();
    for (int i : order) {
      responses.add(new Response(id(order, i), shown.models().get(i), texts.get(i)));
    }
    ObjectNode about = JsonNodeFactory.instance.objectNode();
    meta.forEach(about::put);
    about.remove(List.of("category", "models"));
    return new NewItem(
        id(shown),
        meta.getOrDefault("category", ""),
        ItemJson.messages(shown.prompt().messages()),
        responses,
        List.of(),
        gold ? gold(shown, order) : Optional.empty(),
        about);
  }

  private static String id(List<Integer> order, int response) {
    return "r" + (order.indexOf(response) + 1);
  }

  /** What the row prefers, as answers; empty where the questions do not ask for it. */
  private Optional<JsonNode> gold(Shown shown, List<Integer> order) {
    ObjectNode answers = JsonNodeFactory.instance.objectNode();
    List<List<Integer>> tiers = shown.tiers();
    for (Question question : questions) {
      if (question instanceof Question.Pairwise && tiers.size() == 2) {
        answers.putObject(question.id()).put("preferred", id(order, tiers.get(0).get(0)));
      } else if (question instanceof Question.Ranking ranking
          && tiers.size() > 1
          && (ranking.ties() || tiers.size() == shown.responses().size())) {
        ArrayNode places = answers.putArray(question.id());
        for (List<Integer> tier : tiers) {
          ArrayNode place = places.addArray();
          tier.forEach(response -> place.add(id(order, response)));
        }
      }
    }
    return answers.isEmpty() ? Optional.empty() : Optional.of(answers);
  }

  private static String id(Shown shown) {
    List<String> parts = new ArrayList<>();
    for (Message message : shown.prompt().messages()) {
      parts.add(message.role());
      parts.add(message.content());
    }
    parts.add("");
    shown.responses().stream().sorted().forEach(parts::add);
    return hash(parts);
  }

  /** Of the parts with their lengths, so that no two lists are alike. */
  private static String hash(List<String> parts) {
    String joined =
        parts.stream().map(part -> part.length() + ":" + part).collect(Collectors.joining());
    return Sha256.ofText(joined).substring(0, ID_LENGTH);
  }
}
