package plumbline.web.label;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gg.jte.Content;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.List;
import java.util.Optional;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Fault;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.VoteKind;
import plumbline.annotation.store.Votes;
import plumbline.web.Tokens;

/** What one has answered, to look at and to change. */
final class HistoryPages {
  private static final int PAGE = 50;

  private final Site site;

  /** One answer of one's own. */
  record Entry(CastVote vote, String title, String said, boolean editable) {}

  /**
   * @param before the id to go on with; 0 for none
   */
  record HistoryView(List<Entry> entries, long before) {}

  HistoryPages(Site site) {
    this.site = site;
  }

  void list(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    long before = PathIds.query(context, "before", Long.MAX_VALUE);
    List<CastVote> votes =
        site.store()
            .votes()
            .history(account.id(), project.id(), Votes.Selection.CURRENT, before, PAGE);
    List<Question> questions = site.questions(project);
    List<Entry> entries = votes.stream().map(vote -> entry(vote, questions)).toList();
    long next = votes.size() < PAGE ? 0 : votes.get(votes.size() - 1).id();
    site.show(
        context,
        "history",
        site.shell(context, project, "Your answers", "history"),
        new HistoryView(entries, next));
  }

  private Entry entry(CastVote vote, List<Question> questions) {
    String title = site.store().items().byId(vote.itemId()).map(ItemView::title).orElse("");
    boolean editable = vote.current() && vote.kind() == VoteKind.VOTE;
    String said =
        vote.kind() == VoteKind.VOTE
            ? Spoken.of(questions, vote.shown(), vote.answers())
            : vote.reason();
    return new Entry(vote, title, said, editable);
  }

  void show(Context context) {
    Project project = site.project(context, Role.ANNOTATOR);
    CastVote vote = own(context, project);
    TaskForm form = new TaskForm(vote.shown());
    Fields values = form.values(site.questions(project), vote.answers());
    show(context, project, vote, values, List.of());
  }

  private CastVote own(Context context, Project project) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    return site.store()
        .votes()
        .byId(PathIds.of(context, "vote"))
        .filter(vote -> vote.accountId() == account.id() && vote.projectId() == project.id())
        .filter(vote -> vote.current() && vote.kind() == VoteKind.VOTE)
        .orElseThrow(() -> Refused.notFound("vote"));
  }

  private void show(
      Context context, Project project, CastVote vote, Fields values, List<String> faults) {
    Item item =
        site.store().items().byId(vote.itemId()).orElseThrow(() -> Refused.notFound("item"));
    List<Slot> slots = Slot.blind(vote.shown().stream().map(item::response).toList());
    Shell shell = site.shell(context, project, "Change an answer", "history").sized("wide");
    Optional<Content> guidelines =
        site.store()
            .projects()
            .newestGuidelines(project.id())
            .map(newest -> Markdown.content(newest.markdown()));
    TaskPages.TaskView view =
        new TaskPages.TaskView(
            shell.at("/history/" + vote.id()),
            "",
            "",
            Tokens.random(),
            ItemView.of(item),
            slots,
            QuestionView.of(site.questions(project), new TaskForm(vote.shown()), slots, values),
            faults,
            guidelines,
            project.guidelines(),
            0);
    site.show(context, "task", shell, view);
  }

  void edit(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    CastVote vote = own(context, project);
    Fields fields = Fields.of(context);
    List<Question> questions = site.questions(project);
    ObjectNode answers = new TaskForm(vote.shown()).answers(questions, fields);
    List<Fault> faults = Answers.check(questions, vote.shown(), answers);
    if (!faults.isEmpty()) {
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(context, project, vote, fields, TaskPages.told(questions, faults));
      return;
    }
    double seconds = Math.max(0, Math.min(86_400, fields.number("seconds", 0)));
    String nonce = TaskPages.nonce(fields);
    site.store().votes().edit(vote.id(), account.id(), answers, seconds, nonce);
    site.go(context, "/p/" + project.slug() + "/history", Notice.EDITED);
  }
}
