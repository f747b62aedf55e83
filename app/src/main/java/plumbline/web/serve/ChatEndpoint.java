package plumbline.web.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import plumbline.data.Prompt;
import plumbline.model.GenerationRequest;
import plumbline.web.serve.ServedModels.Served;
import plumbline.web.serve.Serving.Head;

/** {@code POST /v1/chat/completions}. */
final class ChatEndpoint {
  private final Serving serving;

  ChatEndpoint(Serving serving) {
    this.serving = serving;
  }

  /** What one request is worked on with. */
  private record Chat(
      Head head, Wanted wanted, boolean logprobs, int[] prompt, List<Reply> replies) {
    Usage usage() {
      return Serving.usage(List.of(prompt), replies);
    }
  }

  void handle(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().language(call);
    Prompt prompt = Messages.of(call);
    boolean logprobs = call.flag("logprobs", false);
    int top = top(call, logprobs);
    String length = Serving.oneOf(call, "max_completion_tokens", "max_tokens").orElse("max_tokens");
    Wanted wanted = Wanted.of(call, length, top, serving.engine().capacity());
    refuseTools(call);
    call.end();
    int[] ids = Serving.encoded("messages", () -> model.text().prompt(prompt));
    List<GenerationRequest> requests = new ArrayList<>();
    List<Reply> replies = new ArrayList<>();
    for (int i = 0; i < wanted.choices(); i++) {
      requests.add(
          wanted.request(
              model, "messages", ids, 0, i, serving.config().longest(), Integer.MAX_VALUE, false));
      replies.add(wanted.reply(model, new int[0]));
    }
    String object = wanted.stream() ? "chat.completion.chunk" : "chat.completion";
    Head head = Head.of("chatcmpl", object, model);
    Chat chat = new Chat(head, wanted, logprobs, ids, replies);
    try (Replies all = serving.ask(context, model, requests, replies)) {
      serving.metrics().prompted(ids.length);
      if (wanted.stream()) {
        stream(context, chat, all);
      } else {
        all.await(changed -> {});
        Serving.answer(context, whole(chat));
      }
    }
  }

  private static int top(Call call, boolean logprobs) {
    int top = call.whole("top_logprobs", 0, Wanted.MOST_TOP).orElse(0L).intValue();
    if (top > 0 && !logprobs) {
      throw ApiError.parameter("top_logprobs", "'top_logprobs' goes with 'logprobs': true.");
    }
    return top;
  }

  private static void refuseTools(Call call) {
    call.neutral("tools", "[]");
    call.neutral("tool_choice", "\"none\"", "\"auto\"");
    call.neutral("functions", "[]");
    call.neutral("response_format", "{\"type\":\"text\"}");
    call.neutral("modalities", "[\"text\"]");
    call.neutral("store", "false");
    call.neutral("service_tier", "\"auto\"", "\"default\"");
  }

  // ---- whole

  private static ObjectNode whole(Chat chat) {
    ObjectNode document = chat.head.document();
    ArrayNode choices = document.putArray("choices");
    for (int i = 0; i < chat.replies.size(); i++) {
      Reply reply = chat.replies.get(i);
      ObjectNode choice = choices.addObject().put("index", i);
      choice
          .putObject("message")
          .put("role", "assistant")
          .put("content", reply.text())
          .putNull("refusal");
      putLogprobs(choice, chat.logprobs, reply.tokens());
      choice.put("finish_reason", reply.finish().orElseThrow());
      if (chat.wanted.ids()) {
        Serving.putIds(choice, chat.prompt, reply.ids());
      }
    }
    return document.set("usage", chat.usage().toJson());
  }

  // ---- piece by piece

  private static void stream(Context context, Chat chat, Replies all) {
    EventStream events = new EventStream(context);
    for (int i = 0; i < chat.replies.size(); i++) {
      ObjectNode chunk = chunk(chat, i, false, List.of());
      delta(chunk).put("role", "assistant").put("content", "");
      events.send(chunk);
    }
    try {
      all.await(changed -> send(events, chat, changed));
    } catch (ApiError e) {
      events.send(e.toJson());
      return;
    }
    if (chat.wanted.usage()) {
      ObjectNode last = chat.head.document();
      last.putArray("choices");
      events.send(last.set("usage", chat.usage().toJson()));
    }
    events.done();
  }

  private static void send(EventStream events, Chat chat, int index) {
    Reply reply = chat.replies.get(index);
    reply
        .take()
        .ifPresent(
            piece -> {
              if (!piece.text().isEmpty() || (chat.logprobs && !piece.tokens().isEmpty())) {
                ObjectNode chunk = chunk(chat, index, chat.logprobs, piece.tokens());
                delta(chunk).put("content", piece.text());
                events.send(chunk);
              }
            });
    if (reply.isDone()) {
      ObjectNode chunk = chunk(chat, index, false, List.of());
      ((ObjectNode) chunk.get("choices").get(0)).put("finish_reason", reply.finish().orElseThrow());
      events.send(chunk);
    }
  }

  private static ObjectNode chunk(
      Chat chat, int index, boolean logprobs, List<SpokenToken> tokens) {
    ObjectNode document = chat.head.document();
    ObjectNode choice = document.putArray("choices").addObject().put("index", index);
    choice.putObject("delta");
    putLogprobs(choice, logprobs, tokens);
    choice.putNull("finish_reason");
    if (chat.wanted.usage()) {
      document.putNull("usage");
    }
    return document;
  }

  private static ObjectNode delta(ObjectNode chunk) {
    return (ObjectNode) chunk.get("choices").get(0).get("delta");
  }

  private static void putLogprobs(ObjectNode choice, boolean wanted, List<SpokenToken> tokens) {
    if (!wanted) {
      choice.putNull("logprobs");
      return;
    }
    ObjectNode logprobs = choice.putObject("logprobs");
    ArrayNode content = logprobs.putArray("content");
    tokens.forEach(token -> content.add(LogprobJson.chat(token)));
    logprobs.putNull("refusal");
  }
}
