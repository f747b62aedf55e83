package plumbline.web.label.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.annotation.form.Answers;
import plumbline.annotation.form.Fault;
import plumbline.annotation.form.Question;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.Votes.Selection;

/**
 * Tasks: what is handed out, answered, left and taken back. Responses are called by their slots.
 */
final class TaskEndpoints {
  private static final Set<String> VOTE = Set.of("answers", "seconds", "nonce");
  private static final Set<String> LEAVE = Set.of("reason", "seconds", "nonce");

  List<Endpoint> all() {
    return List.of(
        Endpoint.of(
            HandlerType.POST,
            "/projects/{project}/next",
            Role.ANNOTATOR,
            "The task that the account holds, or a new one; `task` is null where nothing is left.",
            "Next",
            TaskEndpoints::next),
        Endpoint.of(
                HandlerType.POST,
                "/leases/{lease}/vote",
                Role.ANNOTATOR,
                "Answers a task. The same lease and nonce again store nothing.",
                "Vote",
                TaskEndpoints::vote)
            .taking("NewVote"),
        Endpoint.of(
                HandlerType.POST,
                "/leases/{lease}/skip",
                Role.ANNOTATOR,
                "Leaves a task to others.",
                "Vote",
                call -> leave(call, true))
            .taking("Leave"),
        Endpoint.of(
                HandlerType.POST,
                "/leases/{lease}/discard",
                Role.ANNOTATOR,
                "Says that nobody should be asked this.",
                "Vote",
                call -> leave(call, false))
            .taking("Leave"),
        Endpoint.of(
            HandlerType.POST,
            "/leases/{lease}/release",
            Role.ANNOTATOR,
            "Gives a task back without a word.",
            Endpoint.NONE,
            TaskEndpoints::release),
        Endpoint.of(
                HandlerType.PUT,
                "/leases/{lease}/draft",
                Role.ANNOTATOR,
                "Keeps answers that are not finished.",
                Endpoint.NONE,
                TaskEndpoints::draft)
            .taking("Draft"),
        Endpoint.of(
                HandlerType.GET,
                "/projects/{project}/votes",
                Role.ANNOTATOR,
                "What this account has answered, newest first.",
                "Votes",
                TaskEndpoints::history)
            .with("before", "integer", "only votes with smaller numbers")
            .with("limit", "integer", "how many, up to 1000; default: 100"),
        Endpoint.of(
                HandlerType.POST,
                "/votes/{vote}/edit",
                Role.ANNOTATOR,
                "Other answers in place of those of a vote, which is kept.",
                "Vote",
                TaskEndpoints::edit)
            .taking("NewVote"),
        Endpoint.of(
            HandlerType.POST,
            "/projects/{project}/undo",
            Role.ANNOTATOR,
            "Takes the newest answer back and hands its task out again.",
            "Next",
            TaskEndpoints::undo));
  }

  private static Object next(Call call) {
    Project project = call.project();
    return task(project, call.store().handOut().next(call.who().id(), project.id()));
  }

  private static Object undo(Call call) {
    Project project = call.project();
    return task(project, call.store().votes().undo(call.who().id(), project.id()));
  }

  private static ObjectNode task(Project project, Optional<Lease> lease) {
    ObjectNode body = Call.JSON.createObjectNode();
    body.set(
        "task",
        lease
            .<JsonNode>map(one -> ApiJson.lease(one, Call.questions(project)))
            .orElse(body.nullNode()));
    return body;
  }

  private static Lease lease(Call call) {
    return call.store().handOut().byId(call.id("lease"), call.who().id());
  }

  private static List<Question> questions(Call call, long projectId) {
    return Call.questions(
        call.store().projects().byId(projectId).orElseThrow(ApiRefusal::notFound));
  }

  private static Object vote(Call call) throws IOException {
    ObjectNode body = call.body(VOTE);
    Lease lease = lease(call);
    List<Question> questions = questions(call, lease.item().projectId());
    JsonNode answers = checked(questions, ApiJson.ids(lease), body.path("answers"));
    CastVote vote =
        call.store()
            .votes()
            .submit(lease.id(), call.who().id(), answers, Call.seconds(body), Call.nonce(body));
    return ApiJson.vote(vote, questions);
  }

  /** The answers by ids instead of slots, if nothing is wrong with them. */
  private static JsonNode checked(List<Question> questions, List<String> shown, JsonNode given) {
    List<String> slots = List.copyOf(ApiJson.ids(shown).keySet());
    List<Fault> faults = Answers.check(questions, slots, given);
    if (!faults.isEmpty()) {
      throw new ApiRefusal(
          HttpStatus.UNPROCESSABLE_CONTENT,
          "answers",
          "The answers do not fit the questions.",
          faults.stream().map(Fault::toString).toList());
    }
    return Answers.renamed(questions, given, ApiJson.ids(shown));
  }

  private static Object edit(Call call) throws IOException {
    ObjectNode body = call.body(VOTE);
    CastVote before =
        call.store()
            .votes()
            .byId(call.id("vote"))
            .filter(vote -> vote.accountId() == call.who().id())
            .orElseThrow(ApiRefusal::notFound);
    List<Question> questions = questions(call, before.projectId());
    JsonNode answers = checked(questions, before.shown(), body.path("answers"));
    CastVote vote =
        call.store()
            .votes()
            .edit(before.id(), call.who().id(), answers, Call.seconds(body), Call.nonce(body));
    return ApiJson.vote(vote, questions);
  }

  private static Object leave(Call call, boolean skip) throws IOException {
    ObjectNode body = call.body(LEAVE);
    Lease lease = lease(call);
    long who = call.who().id();
    String reason = Call.reason(body);
    double seconds = Call.seconds(body);
    String nonce = Call.nonce(body);
    CastVote vote =
        skip
            ? call.store().votes().skip(lease.id(), who, reason, seconds, nonce)
            : call.store().votes().discard(lease.id(), who, reason, seconds, nonce);
    return ApiJson.vote(vote, questions(call, lease.item().projectId()));
  }

  private static Object release(Call call) {
    call.store().handOut().release(call.id("lease"), call.who().id());
    return "";
  }

  private static Object draft(Call call) throws IOException {
    ObjectNode body = call.body(Set.of("answers"));
    Lease lease = lease(call);
    if (!body.path("answers").isObject()) {
      throw ApiRefusal.malformed("'answers' is wanted as an object");
    }
    List<Question> questions = questions(call, lease.item().projectId());
    JsonNode draft =
        Answers.renamed(questions, body.get("answers"), ApiJson.ids(ApiJson.ids(lease)));
    call.store().handOut().saveDraft(lease.id(), call.who().id(), draft);
    return "";
  }

  private static Object history(Call call) {
    Project project = call.project();
    List<Question> questions = Call.questions(project);
    List<CastVote> votes =
        call.store()
            .votes()
            .history(
                call.who().id(),
                project.id(),
                Selection.CURRENT,
                call.number("before", Long.MAX_VALUE),
                call.limit());
    ObjectNode body = Call.JSON.createObjectNode();
    return body.set(
        "votes", ApiJson.list(votes.stream().map(vote -> ApiJson.vote(vote, questions)).toList()));
  }
}
