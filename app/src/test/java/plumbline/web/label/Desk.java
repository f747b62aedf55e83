package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One person's way to the app over HTTP, through the pages or through the API. A request that got
 * no answer throws {@link IOException}.
 */
sealed interface Desk {
  String PROJECT = "load";

  /**
   * What was handed out.
   *
   * @param nonce to send the answer with
   * @param shown the responses' texts in the order shown
   */
  record Task(long lease, String nonce, List<String> shown) {}

  /** Whether an answer was taken. */
  enum Reply {
    TAKEN,
    REFUSED
  }

  /** The app asks to send less. */
  final class Slower extends IOException {
    private static final long serialVersionUID = 1;
  }

  /** Measures a request. */
  interface Stopwatch {
    HttpResponse<String> time(String kind, Callable<HttpResponse<String>> request)
        throws IOException, InterruptedException;
  }

  void signIn() throws IOException, InterruptedException;

  Optional<Task> next() throws IOException, InterruptedException;

  /** Prefers the response of a slot, 1 or 2. */
  Reply vote(Task task, int slot, String comment) throws IOException, InterruptedException;

  Reply skip(Task task, String reason) throws IOException, InterruptedException;

  Reply undo() throws IOException, InterruptedException;

  private static Reply reply(HttpResponse<String> response, int taken) throws Slower {
    return expect(response, taken, 409) == taken ? Reply.TAKEN : Reply.REFUSED;
  }

  private static int expect(HttpResponse<String> response, int one, int other) throws Slower {
    int status = response.statusCode();
    if (status == 429) {
      throw new Slower();
    }
    if (status != one && status != other) {
      throw new AssertionError(response.uri() + " gave " + status + "\n" + response.body());
    }
    return status;
  }

  /** A browser without scripts. */
  record Pages(Visit visit, String name, Stopwatch stopwatch) implements Desk {
    private static final String TASK = "/p/" + PROJECT + "/task";
    private static final Pattern ANSWER = Pattern.compile("data-source=\"\\d\">(Answer text \\d)<");

    @Override
    public void signIn() throws IOException, InterruptedException {
      visit.get("/sign-in");
      HttpResponse<String> response =
          stopwatch.time(
              "sign in", () -> visit.post("/sign-in", "name", name, "password", LabelApp.PASSWORD));
      expect(response, 303, 303);
    }

    @Override
    public Optional<Task> next() throws IOException, InterruptedException {
      HttpResponse<String> response = stopwatch.time("task, page", () -> visit.get(TASK));
      expect(response, 200, 200);
      String page = response.body();
      if (!page.contains("name=\"lease\"")) {
        return Optional.empty();
      }
      List<String> shown = new ArrayList<>();
      Matcher answers = ANSWER.matcher(page);
      while (answers.find()) {
        shown.add(answers.group(1));
      }
      long lease = Long.parseLong(Visit.hidden(page, "lease"));
      return Optional.of(new Task(lease, Visit.hidden(page, "nonce"), shown));
    }

    @Override
    public Reply vote(Task task, int slot, String comment)
        throws IOException, InterruptedException {
      return post(
          "vote, page", TASK, task, "q.better", slot + ":2", "q.why", comment, "seconds", "1");
    }

    @Override
    public Reply skip(Task task, String reason) throws IOException, InterruptedException {
      return post(
          "skip, page", "/p/" + PROJECT + "/skip", task, "reason", "other", "words", reason);
    }

    private Reply post(String kind, String path, Task task, String... fields)
        throws IOException, InterruptedException {
      List<String> all = new ArrayList<>(List.of(fields));
      all.addAll(List.of("lease", Long.toString(task.lease()), "nonce", task.nonce()));
      String[] sent = all.toArray(String[]::new);
      return reply(stopwatch.time(kind, () -> visit.post(path, sent)), 303);
    }

    @Override
    public Reply undo() throws IOException, InterruptedException {
      String path = "/p/" + PROJECT + "/undo";
      HttpResponse<String> response = stopwatch.time("undo, page", () -> visit.post(path));
      expect(response, 303, 303);
      String to = response.headers().firstValue("Location").orElse("");
      return to.contains("done=") ? Reply.TAKEN : Reply.REFUSED;
    }
  }

  /** A program with a token that its person made on the account page. */
  final class Api implements Desk {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern SECRET = Pattern.compile("class=\"secret\">([^<]+)<");

    private final HttpClient client;
    private final String address;
    private final Pages pages;
    private String token = "";

    Api(HttpClient client, String address, Pages pages) {
      this.client = client;
      this.address = address;
      this.pages = pages;
    }

    @Override
    public void signIn() throws IOException, InterruptedException {
      pages.signIn();
      pages.visit().get("/account");
      HttpResponse<String> made = pages.visit().post("/account/tokens", "label", "load");
      expect(made, 200, 200);
      Matcher secret = SECRET.matcher(made.body());
      if (!secret.find()) {
        throw new AssertionError("no token in " + made.body());
      }
      token = secret.group(1);
    }

    @Override
    public Optional<Task> next() throws IOException, InterruptedException {
      HttpResponse<String> response =
          post("task, API", "/projects/" + PROJECT + "/next", JSON.createObjectNode());
      expect(response, 200, 200);
      JsonNode task = JSON.readTree(response.body()).path("task");
      if (task.isNull()) {
        return Optional.empty();
      }
      List<String> shown = task.path("responses").findValuesAsText("content");
      String nonce = UUID.randomUUID().toString();
      return Optional.of(new Task(task.path("lease").asLong(), nonce, shown));
    }

    @Override
    public Reply vote(Task task, int slot, String comment)
        throws IOException, InterruptedException {
      ObjectNode body = JSON.createObjectNode().put("nonce", task.nonce()).put("seconds", 1);
      ObjectNode answers = body.putObject("answers").put("why", comment);
      answers.putObject("better").put("preferred", Integer.toString(slot)).put("strength", 2);
      return reply(post("vote, API", "/leases/" + task.lease() + "/vote", body), 200);
    }

    @Override
    public Reply skip(Task task, String reason) throws IOException, InterruptedException {
      ObjectNode body = JSON.createObjectNode().put("nonce", task.nonce()).put("reason", reason);
      return reply(post("skip, API", "/leases/" + task.lease() + "/skip", body), 200);
    }

    @Override
    public Reply undo() throws IOException, InterruptedException {
      String path = "/projects/" + PROJECT + "/undo";
      return reply(post("undo, API", path, JSON.createObjectNode()), 200);
    }

    private HttpResponse<String> post(String kind, String path, ObjectNode body)
        throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(address + "/api/v1" + path))
              .header("Authorization", "Bearer " + token)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body.toString()))
              .build();
      return pages.stopwatch().time(kind, () -> client.send(request, BodyHandlers.ofString()));
    }
  }
}
