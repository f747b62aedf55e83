package plumbline.web.label;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Fault;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.ItemState;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;

/** Items that need a last word. */
final class ReviewPages {
  private static final int PAGE = 50;
  private static final int LONGEST_REASON = 2000;

  private final Site site;

  /** An item in the list. */
  record Waiting(Item item, String title, String agreement) {}

  /**
   * @param state which items are listed
   * @param after the id to go on with; 0 for none
   */
  record QueueView(String state, List<Waiting> items, long after, Map<ItemState, Integer> counts) {}

  /** What somebody answered. */
  record Given(CastVote vote, String who, String said) {}

  record ReviewView(
      Item item,
      ItemView shown,
      List<Slot> slots,
      List<Given> given,
      List<QuestionView> questions,
      List<String> faults,
      String reason) {}

  ReviewPages(Site site) {
    this.site = site;
  }

  void queue(Context context) {
    Project project = site.project(context, Role.REVIEWER);
    long after = PathIds.query(context, "after", 0);
    String state = Optional.ofNullable(context.queryParam("state")).orElse("review");
    List<Item> items =
        state.equals("review")
            ? site.store().reviews().queue(project.id(), PAGE)
            : site.store().items().page(project.id(), Optional.of(state(state)), after, PAGE);
    List<Waiting> waiting =
        items.stream().map(item -> new Waiting(item, ItemView.title(item), percent(item))).toList();
    long next =
        items.size() < PAGE || state.equals("review") ? 0 : items.get(items.size() - 1).id();
    Map<ItemState, Integer> counts = site.store().items().countByState(project.id());
    site.show(
        context,
        "review",
        site.shell(context, project, "Review", "review"),
        new QueueView(state, waiting, next, counts));
  }

  private static ItemState state(String key) {
    return Stream.of(ItemState.values())
        .filter(state -> state.key().equals(key))
        .findFirst()
        .orElseThrow(() -> Refused.notFound("state"));
  }

  private static String percent(Item item) {
    return item.agreement().isPresent()
        ? Math.round(item.agreement().getAsDouble() * 100) + "%"
        : "";
  }

  void show(Context context) {
    Project project = site.project(context, Role.REVIEWER);
    Item item = item(context, project);
    Fields values =
        site.store().votes().ofItem(item.id()).stream()
            .filter(vote -> vote.current() && vote.setId().isEmpty())
            .reduce((first, second) -> second)
            .map(last -> new TaskForm(ids(item)).values(site.questions(project), last.answers()))
            .orElse(Fields.of(Map.of()));
    show(context, project, item, values, List.of());
  }

  private void show(
      Context context, Project project, Item item, Fields values, List<String> faults) {
    List<Question> questions = site.questions(project);
    List<Slot> slots = Slot.of(item.responses(), false);
    ReviewView view =
        new ReviewView(
            item,
            ItemView.of(item),
            slots,
            given(item, questions),
            QuestionView.of(questions, new TaskForm(ids(item)), slots, values),
            faults,
            values.words("why"));
    Shell shell = site.shell(context, project, "Review", "review").sized("wide");
    site.show(context, "reviewItem", shell, view);
  }

  private List<Given> given(Item item, List<Question> questions) {
    Map<Long, String> names = new HashMap<>();
    return site.store().votes().ofItem(item.id()).stream()
        .filter(CastVote::current)
        .map(vote -> new Given(vote, name(names, vote), said(vote, item, questions)))
        .toList();
  }

  private static String said(CastVote vote, Item item, List<Question> questions) {
    String said = Spoken.of(questions, ids(item), vote.answers());
    List<String> seen =
        vote.shown().stream().map(id -> Slot.letter(ids(item).indexOf(id) + 1)).toList();
    boolean sorted = seen.stream().sorted().toList().equals(seen);
    String order = sorted ? "" : "shown in the order " + String.join(", ", seen);
    return Stream.of(said, vote.reason(), order)
        .filter(text -> !text.isEmpty())
        .reduce((a, b) -> a + " · " + b)
        .orElse("");
  }

  private String name(Map<Long, String> names, CastVote vote) {
    return names.computeIfAbsent(
        vote.accountId(), id -> site.store().accounts().byId(id).map(Account::name).orElse("?"));
  }

  private Item item(Context context, Project project) {
    return site.store()
        .items()
        .byId(PathIds.of(context, "item"))
        .filter(item -> item.projectId() == project.id())
        .orElseThrow(() -> Refused.notFound("item"));
  }

  private static List<String> ids(Item item) {
    return item.responses().stream().map(Response::id).toList();
  }

  void decide(Context context) {
    Project project = site.project(context, Role.REVIEWER);
    Item item = item(context, project);
    Fields fields = Fields.of(context);
    List<Question> questions = site.questions(project);
    ObjectNode answers = new TaskForm(ids(item)).answers(questions, fields);
    List<Fault> faults = Answers.check(questions, ids(item), answers);
    if (!faults.isEmpty()) {
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(context, project, item, fields, TaskPages.told(questions, faults));
      return;
    }
    site.store()
        .reviews()
        .adjudicate(Visitor.of(context).actor(), item.id(), answers, reason(fields));
    done(context, project, Notice.DECIDED);
  }

  void discard(Context context) {
    Project project = site.project(context, Role.REVIEWER);
    Item item = item(context, project);
    String reason = reason(Fields.of(context));
    site.store().reviews().discard(Visitor.of(context).actor(), item.id(), reason);
    done(context, project, Notice.DISCARDED);
  }

  void reopen(Context context) {
    Project project = site.project(context, Role.REVIEWER);
    Item item = item(context, project);
    String reason = reason(Fields.of(context));
    site.store().reviews().reopen(Visitor.of(context).actor(), item.id(), reason);
    done(context, project, Notice.REOPENED);
  }

  private void done(Context context, Project project, Notice notice) {
    site.go(context, "/p/" + project.slug() + "/review", notice);
  }

  private static String reason(Fields fields) {
    String reason = fields.words("why").strip();
    if (reason.length() > LONGEST_REASON) {
      throw Refused.malformed("A reason has at most " + LONGEST_REASON + " characters.");
    }
    return reason;
  }
}
