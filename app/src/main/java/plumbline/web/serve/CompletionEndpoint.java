package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.model.GenerationRequest;
import plumbline.model.LikelyToken;
import plumbline.text.Tokenizer;
import plumbline.web.serve.ServedModels.Served;
import plumbline.web.serve.Serving.Head;

/** {@code POST /v1/completions}. */
final class CompletionEndpoint {
  /** What OpenAI gives where nobody says a length. */
  private static final int USUAL_TOKENS = 16;

  private final Serving serving;

  CompletionEndpoint(Serving serving) {
    this.serving = serving;
  }

  /** A prompt as it was given and as tokens. */
  private record Asked(String text, int[] ids) {}

  /** What one request is worked on with; choice i belongs to prompt {@code i / choices}. */
  private record Work(
      Head head,
      Served model,
      Wanted wanted,
      boolean echo,
      boolean logprobs,
      List<Asked> prompts,
      List<Reply> replies) {
    Asked prompt(int index) {
      return prompts.get(index / wanted.choices());
    }

    /** Whether only the prompt's own log-probabilities are asked for. */
    boolean silent() {
      return wanted.maxTokens().filter(tokens -> tokens == 0).isPresent();
    }

    Usage usage() {
      Usage all = Serving.usage(prompts.stream().map(Asked::ids).toList(), replies);
      return silent() ? new Usage(all.prompt(), 0) : all;
    }
  }

  void handle(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().language(call);
    List<Asked> prompts = prompts(call, model);
    boolean echo = call.flag("echo", false);
    Optional<Long> logprobs = call.whole("logprobs", 0, Wanted.MOST_TOP);
    int top = logprobs.orElse(0L).intValue();
    Wanted wanted = Wanted.of(call, "max_tokens", top, serving.engine().capacity());
    call.neutral("suffix", "\"\"");
    call.neutral("best_of", "1", Integer.toString(wanted.choices()));
    call.end();
    List<GenerationRequest> requests = new ArrayList<>();
    List<Reply> replies = new ArrayList<>();
    for (int p = 0; p < prompts.size(); p++) {
      for (int i = 0; i < wanted.choices(); i++) {
        int[] ids = prompts.get(p).ids;
        boolean echoed = echo && logprobs.isPresent();
        requests.add(
            wanted.request(
                model, "prompt", ids, p, i, serving.config().longest(), USUAL_TOKENS, echoed));
        replies.add(wanted.reply(model, ids));
      }
    }
    Head head = Head.of("cmpl", "text_completion", model);
    Work work = new Work(head, model, wanted, echo, logprobs.isPresent(), prompts, replies);
    try (Replies all = serving.ask(context, model, requests, replies)) {
      serving.metrics().prompted(prompts.stream().mapToLong(prompt -> prompt.ids.length).sum());
      if (wanted.stream()) {
        stream(context, work, all);
      } else {
        all.await(changed -> {});
        Serving.answer(context, whole(work, all));
      }
    }
  }

  // ---- prompts

  private static List<Asked> prompts(Call call, Served model) {
    JsonNode node =
        call.value("prompt")
            .orElseThrow(() -> ApiError.parameter("prompt", "'prompt' is missing."));
    if (node.isTextual()) {
      return List.of(ofText(node.textValue(), model));
    }
    if (node.isArray() && !node.isEmpty()) {
      if (node.get(0).isIntegralNumber()) {
        return List.of(ofTokens(node, model));
      }
      List<Asked> prompts = new ArrayList<>();
      for (JsonNode one : node) {
        prompts.add(
            one.isArray() ? ofTokens(one, model) : ofText(Call.texts("prompt", one).get(0), model));
      }
      return prompts;
    }
    throw Call.wrong("prompt", node.toString(), "a text, a list of texts or tokens");
  }

  private static Asked ofText(String text, Served model) {
    return new Asked(text, Serving.encoded("prompt", () -> model.text().continuation(text)));
  }

  private static Asked ofTokens(JsonNode node, Served model) {
    int[] ids = TokenEndpoints.ids("prompt", node, model);
    return new Asked(model.text().tokenizer().decode(ids, true), ids);
  }

  // ---- whole

  private static ObjectNode whole(Work work, Replies all) {
    ObjectNode document = work.head.document();
    ArrayNode choices = document.putArray("choices");
    for (int i = 0; i < work.replies.size(); i++) {
      Reply reply = work.replies.get(i);
      List<SpokenToken> tokens = new ArrayList<>(echoed(work, all, i));
      String text = work.echo ? work.prompt(i).text : "";
      if (!work.silent()) {
        tokens.addAll(reply.tokens());
        text += reply.text();
      }
      ObjectNode choice = choices.addObject().put("index", i).put("text", text);
      putLogprobs(choice, work, tokens, 0);
      choice.put("finish_reason", work.silent() ? Reply.LENGTH : reply.finish().orElseThrow());
      if (work.wanted.ids()) {
        Serving.putIds(choice, work.prompt(i).ids, work.silent() ? List.of() : reply.ids());
      }
    }
    return document.set("usage", work.usage().toJson());
  }

  /** The prompt's tokens where they are wanted. */
  private static List<SpokenToken> echoed(Work work, Replies all, int index) {
    if (!work.echo || !work.logprobs) {
      return List.of();
    }
    Tokenizer tokenizer = work.model.text().tokenizer();
    List<SpokenToken> tokens = new ArrayList<>();
    int first = work.prompt(index).ids[0];
    Reply reader = new Reply(tokenizer, new int[0], List.of(), -1, work.wanted.numbered(), false);
    reader.add(new LikelyToken(first, 0, List.of()));
    all.prompt(index).forEach(reader::add);
    tokens.addAll(reader.tokens());
    SpokenToken begin = tokens.get(0);
    tokens.set(0, new SpokenToken(begin.text(), begin.whole(), OptionalDouble.empty(), List.of()));
    return tokens;
  }

  private static void putLogprobs(
      ObjectNode choice, Work work, List<SpokenToken> tokens, int offset) {
    if (work.logprobs) {
      choice.set("logprobs", LogprobJson.completion(tokens, offset));
    } else {
      choice.putNull("logprobs");
    }
  }

  // ---- piece by piece

  private static void stream(Context context, Work work, Replies all) {
    EventStream events = new EventStream(context);
    int[] offsets = new int[work.replies.size()];
    boolean[] begun = new boolean[offsets.length];
    try {
      all.await(
          changed -> {
            if (work.echo && !begun[changed]) {
              begun[changed] = true;
              String text = work.prompt(changed).text;
              send(events, work, changed, text, echoed(work, all, changed), offsets);
            }
            Reply reply = work.replies.get(changed);
            if (!work.silent()) {
              reply
                  .take()
                  .ifPresent(
                      piece -> send(events, work, changed, piece.text(), piece.tokens(), offsets));
            }
            if (reply.isDone()) {
              ObjectNode chunk = chunk(work, changed, "", List.of(), offsets[changed]);
              ((ObjectNode) chunk.get("choices").get(0))
                  .put(
                      "finish_reason", work.silent() ? Reply.LENGTH : reply.finish().orElseThrow());
              events.send(chunk);
            }
          });
    } catch (ApiError e) {
      events.send(e.toJson());
      return;
    }
    if (work.wanted.usage()) {
      ObjectNode last = work.head.document();
      last.putArray("choices");
      events.send(last.set("usage", work.usage().toJson()));
    }
    events.done();
  }

  private static void send(
      EventStream events,
      Work work,
      int index,
      String text,
      List<SpokenToken> tokens,
      int[] offsets) {
    if (!text.isEmpty() || (work.logprobs && !tokens.isEmpty())) {
      events.send(chunk(work, index, text, tokens, offsets[index]));
      offsets[index] += tokens.stream().mapToInt(token -> token.text().length()).sum();
    }
  }

  private static ObjectNode chunk(
      Work work, int index, String text, List<SpokenToken> tokens, int offset) {
    ObjectNode document = work.head.document();
    ObjectNode choice =
        document.putArray("choices").addObject().put("index", index).put("text", text);
    putLogprobs(choice, work, tokens, offset);
    choice.putNull("finish_reason");
    if (work.wanted.usage()) {
      document.putNull("usage");
    }
    return document;
  }
}
