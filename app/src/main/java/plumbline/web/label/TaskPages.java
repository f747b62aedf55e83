package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import gg.jte.Content;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Fault;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Refusal;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;
import plumbline.web.Tokens;

/** The task: what is handed out, answered, left and taken back. */
final class TaskPages {
  /** The key of a draft that this form wrote. */
  private static final String FIELDS = "fields";

  private static final int LONGEST_REASON = 500;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm").withZone(ZoneOffset.UTC);

  private final Site site;

  /**
   * The form.
   *
   * @param action where it is sent
   * @param draft where it is kept while it is filled in; empty for nowhere
   * @param faults what is wrong with what was sent
   */
  record TaskView(
      String action,
      String draft,
      String lease,
      String nonce,
      ItemView item,
      List<Slot> slots,
      List<QuestionView> questions,
      List<String> faults,
      Optional<Content> guidelines,
      int version,
      int done) {}

  /** Why there is nothing to do. */
  record DoneView(String why, int done) {}

  TaskPages(Site site) {
    this.site = site;
  }

  void show(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    Optional<Lease> lease = site.store().handOut().next(account.id(), project.id());
    if (lease.isEmpty()) {
      Shell shell = site.shell(context, project, "Nothing to do", "task").sized("narrow");
      site.show(context, "done", shell, new DoneView(why(project), done(project, account)));
      return;
    }
    show(context, project, lease.get(), begun(project, lease.get()), List.of());
  }

  private static String why(Project project) {
    return switch (project.state()) {
      case OPEN -> "There is nothing left for you in this project just now. Thank you.";
      case PAUSED -> "This project pauses. What you have answered is kept.";
      case CLOSED -> "This project is closed. Thank you for your work.";
    };
  }

  private int done(Project project, Account account) {
    return site.store().progress().votes(project.id(), account.id());
  }

  private Fields begun(Project project, Lease lease) {
    JsonNode draft = lease.draft().orElse(Empty.JSON);
    if (!draft.has(FIELDS)) {
      return new TaskForm(ids(lease)).values(site.questions(project), draft);
    }
    Map<String, String> fields = new LinkedHashMap<>();
    draft
        .get(FIELDS)
        .properties()
        .forEach(one -> fields.put(one.getKey(), one.getValue().asText()));
    return Fields.of(fields);
  }

  private void show(
      Context context, Project project, Lease lease, Fields values, List<String> faults) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Shell shell = site.shell(context, project, "Task", "task").sized("wide");
    List<Slot> slots = Slot.blind(lease.responses());
    TaskView view =
        new TaskView(
            shell.at("/task"),
            shell.at("/task/draft"),
            Long.toString(lease.id()),
            Tokens.random(),
            ItemView.of(lease.item()),
            slots,
            QuestionView.of(site.questions(project), new TaskForm(ids(lease)), slots, values),
            faults,
            site.store()
                .projects()
                .guidelines(project.id(), lease.guidelines())
                .map(guidelines -> Markdown.content(guidelines.markdown())),
            lease.guidelines(),
            done(project, account));
    site.show(context, "task", shell, view);
  }

  private static List<String> ids(Lease lease) {
    return lease.responses().stream().map(Response::id).toList();
  }

  // ---- answers

  void submit(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    Fields fields = Fields.of(context);
    Lease lease = lease(account, project, fields);
    List<Question> questions = site.questions(project);
    ObjectNode answers = new TaskForm(ids(lease)).answers(questions, fields);
    List<Fault> faults = Answers.check(questions, ids(lease), answers);
    if (!faults.isEmpty()) {
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(context, project, lease, fields, told(questions, faults));
      return;
    }
    site.store()
        .votes()
        .submit(lease.id(), account.id(), answers, seconds(fields, lease), nonce(fields));
    site.go(context, "/p/" + project.slug() + "/task", Notice.VOTED);
  }

  /** The lease that a form is about; the store refuses one that is another's. */
  private Lease lease(Account account, Project project, Fields fields) {
    Lease lease = site.store().handOut().byId(fields.id("lease"), account.id());
    if (lease.item().projectId() != project.id()) {
      throw Refused.notFound("lease");
    }
    return lease;
  }

  /** What is wrong, in words that do not name responses by their ids. */
  static List<String> told(List<Question> questions, List<Fault> faults) {
    return faults.stream().map(fault -> told(questions, fault)).distinct().toList();
  }

  private static String told(List<Question> questions, Fault fault) {
    String text =
        questions.stream()
            .filter(question -> (fault.path() + ".").contains("." + question.id() + "."))
            .findFirst()
            .map(Question::text)
            .orElse("The form");
    String wanted = fault.wanted().startsWith("one of") ? "one of the answers" : fault.wanted();
    return "“" + text + "” needs " + wanted + ".";
  }

  static String nonce(Fields fields) {
    String nonce = fields.text("nonce");
    if (nonce.isEmpty() || nonce.length() > 64) {
      throw Refused.malformed("The form lacks its number. Load the page anew.");
    }
    return nonce;
  }

  /** As the page counted, within what is possible; without script since the hand-out. */
  private double seconds(Fields fields, Lease lease) {
    Instant now = site.config().store().clock().instant();
    double longest = Math.max(0, Duration.between(lease.handedOut(), now).toMillis() / 1000.0);
    double counted = fields.number("seconds", 0);
    return counted > 0 ? Math.min(counted, longest) : longest;
  }

  void draft(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    Fields fields = Fields.of(context);
    Lease lease = lease(account, project, fields);
    ObjectNode draft = JsonNodeFactory.instance.objectNode();
    draft.set(FIELDS, TaskForm.fields(fields));
    try {
      site.store().handOut().saveDraft(lease.id(), account.id(), draft);
    } catch (Refusal refusal) {
      if (refusal.reason() != Refusal.Reason.ANSWERED) {
        throw refusal;
      }
      // The answer itself was quicker than the draft.
      context.status(HttpStatus.NO_CONTENT);
      return;
    }
    Instant now = site.config().store().clock().instant();
    context.html("Draft kept <time datetime=\"%s\">%s</time>".formatted(now, TIME.format(now)));
  }

  /** Skips the item, or reports it as not usable. */
  void leave(Context context, boolean skip) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    Fields fields = Fields.of(context);
    String words = fields.words("words").strip();
    String reason = (fields.text("reason") + (words.isEmpty() ? "" : ": " + words)).strip();
    if (fields.text("reason").isBlank() || reason.length() > LONGEST_REASON) {
      throw Refused.malformed("Say why, in up to " + LONGEST_REASON + " characters.");
    }
    Lease lease = lease(account, project, fields);
    double seconds = seconds(fields, lease);
    if (skip) {
      site.store().votes().skip(lease.id(), account.id(), reason, seconds, nonce(fields));
    } else {
      site.store().votes().discard(lease.id(), account.id(), reason, seconds, nonce(fields));
    }
    String task = "/p/" + project.slug() + "/task";
    site.go(context, task, skip ? Notice.SKIPPED : Notice.DISCARDED);
  }

  void undo(Context context) {
    Account account = Visitor.of(context).as(Role.ANNOTATOR);
    Project project = site.project(context, Role.ANNOTATOR);
    String task = "/p/" + project.slug() + "/task";
    try {
      site.store().votes().undo(account.id(), project.id());
    } catch (Refusal refusal) {
      if (refusal.reason() != Refusal.Reason.NOTHING_TO_UNDO) {
        throw refusal;
      }
      site.go(context, task);
      return;
    }
    site.go(context, task, Notice.UNDONE);
  }
}
