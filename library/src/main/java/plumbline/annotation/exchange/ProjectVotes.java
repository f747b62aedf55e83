package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.annotation.form.Answer;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Ballot;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.ItemState;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.ResponseSet;
import plumbline.annotation.store.VoteKind;
import plumbline.annotation.store.Votes.Selection;
import plumbline.data.Prompt;

/**
 * A project's votes as they were at one moment, while people go on working, and its items. The
 * votes are in memory, the items are read as they are needed.
 */
public final class ProjectVotes {
  private static final int PAGE = 200;

  private final LabelStore store;
  private final Project project;
  private final List<Question> questions;
  private final Map<Long, List<CastVote>> byItem = new HashMap<>();
  private final Map<Long, String> names = new HashMap<>();
  private int unreadable;

  private ProjectVotes(LabelStore store, Project project) {
    this.store = store;
    this.project = project;
    this.questions = Questions.parse(project.settings().questions(), "questions");
  }

  /** The votes as they are now. */
  public static ProjectVotes now(LabelStore store, Project project) {
    ProjectVotes votes = new ProjectVotes(store, project);
    store.votes().stream(
        project.id(),
        Selection.ALL,
        vote -> votes.byItem.computeIfAbsent(vote.itemId(), id -> new ArrayList<>()).add(vote));
    for (Account account : store.accounts().list()) {
      votes.names.put(account.id(), account.name());
    }
    return votes;
  }

  public Project project() {
    return project;
  }

  public List<Question> questions() {
    return questions;
  }

  /** Who gave a vote. */
  String annotator(CastVote vote) {
    return names.getOrDefault(vote.accountId(), "account " + vote.accountId());
  }

  /** Every item with all of its rows of votes, oldest first. */
  void forEach(ItemReader reader) {
    long after = 0;
    List<Item> page;
    do {
      page = store.items().page(project.id(), Optional.empty(), after, PAGE);
      for (Item item : page) {
        reader.read(item, byItem.getOrDefault(item.id(), List.of()));
        after = item.id();
      }
    } while (page.size() == PAGE);
  }

  /** Takes an item and its votes. */
  interface ItemReader {
    void read(Item item, List<CastVote> votes);
  }

  /**
   * Every item that was voted on, with the votes that count: the reviewer's where there is one. An
   * item with several response sets is one per set, {@code ID/GROUP}. Gold items, whose answers
   * were known before, and discarded ones are left out.
   */
  public void forEachLabelled(Consumer<LabelledItem> reader) {
    forEach(
        (item, votes) -> {
          if (item.gold().isEmpty() && item.state() != ItemState.DISCARDED) {
            labelled(item, votes).forEach(reader);
          }
        });
  }

  /** {@link #forEachLabelled} as a list. */
  public List<LabelledItem> labelled() {
    List<LabelledItem> items = new ArrayList<>();
    forEachLabelled(items::add);
    return items;
  }

  /** Votes left out so far because the questions have changed since. */
  public int unreadable() {
    return unreadable;
  }

  List<LabelledItem> labelled(Item item, List<CastVote> votes) {
    Prompt prompt = ItemJson.prompt(item);
    List<CastVote> current = votes.stream().filter(CastVote::current).toList();
    List<CastVote> last =
        current.stream().filter(vote -> vote.kind() == VoteKind.ADJUDICATION).toList();
    if (!last.isEmpty()) {
      return one(item.externalId(), with(prompt, "adjudicated", "true"), item.responses(), last);
    }
    List<LabelledItem> items = new ArrayList<>();
    for (ResponseSet set : item.sets()) {
      List<CastVote> its =
          current.stream()
              .filter(vote -> vote.kind() == VoteKind.VOTE)
              .filter(vote -> vote.setId().orElse(0) == set.id())
              .toList();
      boolean isOnly = item.sets().size() == 1;
      List<Response> responses = set.responseIds().stream().map(item::response).toList();
      String id = isOnly ? item.externalId() : item.externalId() + "/" + set.group();
      items.addAll(one(id, isOnly ? prompt : with(prompt, "group", set.group()), responses, its));
    }
    return items;
  }

  private static Prompt with(Prompt prompt, String key, String value) {
    Map<String, String> meta = new LinkedHashMap<>(prompt.meta());
    meta.put(key, value);
    return prompt.withMeta(meta);
  }

  private List<LabelledItem> one(
      String id, Prompt prompt, List<Response> responses, List<CastVote> votes) {
    List<Ballot> ballots = new ArrayList<>();
    for (CastVote vote : votes) {
      ballot(vote).ifPresent(ballots::add);
    }
    return ballots.isEmpty()
        ? List.of()
        : List.of(new LabelledItem(id, prompt, responses, ballots));
  }

  /** A vote in terms of the questions as they are now; empty where it does not fit them. */
  Optional<Ballot> ballot(CastVote vote) {
    JsonNode given = vote.answers();
    if (!Answers.check(questions, vote.shown(), given).isEmpty()) {
      unreadable++;
      return Optional.empty();
    }
    Map<String, Answer> answers = Answers.read(questions, vote.shown(), given);
    return Optional.of(new Ballot(annotator(vote), vote.shown(), answers));
  }
}
