package plumbline.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Requests and answers as a provider's API reference shows them.
 *
 * @param provider whose
 */
record StandInForm(Provider provider) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What an address is configured with. */
  String base() {
    return switch (provider) {
      case OPENAI, ANTHROPIC -> "/v1";
      case GEMINI -> "/v1beta";
      case OLLAMA -> "";
    };
  }

  /** Where calls come in. */
  String path(String model) {
    return base()
        + switch (provider) {
          case OPENAI -> "/chat/completions";
          case ANTHROPIC -> "/messages";
          case GEMINI -> "/models/" + model + ":generateContent";
          case OLLAMA -> "/api/chat";
        };
  }

  /** The key that a call brings. */
  Optional<String> key(Headers headers) {
    String header =
        switch (provider) {
          case OPENAI, OLLAMA -> "Authorization";
          case ANTHROPIC -> "x-api-key";
          case GEMINI -> "x-goog-api-key";
        };
    return Optional.ofNullable(headers.getFirst(header)).map(key -> key.replace("Bearer ", ""));
  }

  /** Google says in the body how long to wait, the others in a header. */
  void addWait(Headers headers) {
    if (provider != Provider.GEMINI) {
      headers.add("Retry-After", "0");
    }
  }

  String tooMany() {
    return provider == Provider.GEMINI
        ? """
          {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.001s"}]}}
          """
        : "{\"error\": \"slow down\"}";
  }

  /** The beginning of an answer. */
  String torn() {
    String whole = answer(JSON.createObjectNode(), "judge-1", "A", 1, 1).toString();
    return whole.substring(0, whole.length() / 2);
  }

  /** What the conversation ends with. */
  String lastWords(JsonNode request) {
    JsonNode messages = request.path(provider == Provider.GEMINI ? "contents" : "messages");
    JsonNode last = messages.path(messages.size() - 1);
    return switch (provider) {
      case OPENAI, OLLAMA -> last.path("content").asText();
      case ANTHROPIC -> texts(last.path("content"));
      case GEMINI -> texts(last.path("parts"));
    };
  }

  private static String texts(JsonNode parts) {
    return parts.isTextual()
        ? parts.asText()
        : StreamSupport.stream(parts.spliterator(), false)
            .map(part -> part.path("text").asText())
            .collect(Collectors.joining());
  }

  /** What tells two calls with the same words apart. */
  String sampling(JsonNode request) {
    JsonNode settings =
        switch (provider) {
          case OPENAI, ANTHROPIC -> request;
          case GEMINI -> request.path("generationConfig");
          case OLLAMA -> request.path("options");
        };
    return settings.path("temperature") + " " + settings.path("seed");
  }

  /** An answer that says a text, or calls the function if there is one. */
  ObjectNode answer(JsonNode request, String model, String text, int read, int written) {
    ObjectNode answer = JSON.createObjectNode();
    boolean isCalled = !request.path("tools").isEmpty();
    switch (provider) {
      case OPENAI -> openAi(answer, request, isCalled, text);
      case ANTHROPIC -> anthropic(answer, isCalled, text);
      case GEMINI -> gemini(answer, isCalled, text);
      case OLLAMA -> ollama(answer, isCalled, text);
    }
    answer.put(provider == Provider.GEMINI ? "modelVersion" : "model", model);
    switch (provider) {
      case OPENAI ->
          answer.putObject("usage").put("prompt_tokens", read).put("completion_tokens", written);
      case ANTHROPIC ->
          answer.putObject("usage").put("input_tokens", read).put("output_tokens", written);
      case GEMINI ->
          answer
              .putObject("usageMetadata")
              .put("promptTokenCount", read)
              .put("candidatesTokenCount", written - 1)
              .put("thoughtsTokenCount", 1)
              .put("totalTokenCount", read + written);
      case OLLAMA -> answer.put("prompt_eval_count", read).put("eval_count", written);
    }
    return answer;
  }

  private static void openAi(ObjectNode answer, JsonNode request, boolean isCalled, String text) {
    ObjectNode choice = answer.putArray("choices").addObject();
    ObjectNode message = choice.putObject("message").put("role", "assistant");
    if (isCalled) {
      message
          .putNull("content")
          .putArray("tool_calls")
          .addObject()
          .putObject("function")
          .put("name", "answer")
          .put("arguments", "{\"answer\": \"" + text + "\"}");
    } else {
      message.put("content", text);
    }
    if (request.path("logprobs").asBoolean()) {
      ObjectNode token = choice.putObject("logprobs").putArray("content").addObject();
      addCandidate(token, "A", 0.6);
      addCandidate(token, " B", 0.2);
      addCandidate(token, "The", 0.1);
    }
  }

  private static void addCandidate(ObjectNode token, String text, double probability) {
    token
        .withArray("/top_logprobs")
        .addObject()
        .put("token", text)
        .put("logprob", Math.log(probability));
  }

  private static void anthropic(ObjectNode answer, boolean isCalled, String text) {
    answer.put("id", "msg_1").put("type", "message").put("role", "assistant");
    ObjectNode content = answer.putArray("content").addObject();
    if (isCalled) {
      content.put("type", "tool_use").put("id", "call_1").put("name", "answer");
      content.putObject("input").put("answer", text);
    } else {
      content.put("type", "text").put("text", text);
    }
    answer.put("stop_reason", isCalled ? "tool_use" : "end_turn");
  }

  private static void gemini(ObjectNode answer, boolean isCalled, String text) {
    ObjectNode candidate = answer.putArray("candidates").addObject().put("finishReason", "STOP");
    ObjectNode part =
        candidate.putObject("content").put("role", "model").putArray("parts").addObject();
    if (isCalled) {
      part.putObject("functionCall").put("name", "answer").putObject("args").put("answer", text);
    } else {
      part.put("text", text);
    }
  }

  private static void ollama(ObjectNode answer, boolean isCalled, String text) {
    ObjectNode message = answer.putObject("message").put("role", "assistant");
    message.put("content", isCalled ? "" : text);
    if (isCalled) {
      ObjectNode function = message.putArray("tool_calls").addObject().putObject("function");
      function.put("name", "answer").putObject("arguments").put("answer", text);
    }
    answer.put("created_at", "2026-01-01T00:00:00Z").put("done", true).put("done_reason", "stop");
  }
}
