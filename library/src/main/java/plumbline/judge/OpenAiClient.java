package plumbline.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import plumbline.data.Message;

/** One call of {@code POST /chat/completions} as OpenAI's API reference describes it. */
final class OpenAiClient implements ChatClient {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The most candidates for a token that OpenAI gives. */
  private static final int CANDIDATES = 20;

  private final RemoteConfig config;
  private final Endpoint endpoint;
  private final URI address;

  OpenAiClient(RemoteConfig config, Endpoint endpoint) {
    this.config = config;
    this.endpoint = endpoint;
    this.address = URI.create(config.base() + "/chat/completions");
  }

  @Override
  public ChatAnswer ask(ChatRequest request, Duration limit) throws CallFailed {
    return read(endpoint.post(address, Map.of(), body(request).toString(), limit));
  }

  /** What an answer in one piece says. */
  ChatAnswer read(Endpoint.Answer answer) throws CallFailed {
    JsonNode choice = answer.json().path("choices").path(0);
    JsonNode message = choice.path("message");
    if (!message.isObject()) {
      throw answer.malformed("the answer has no choices[0].message");
    }
    JsonNode call = message.path("tool_calls").path(0).path("function");
    return new ChatAnswer(
        message.path("content").asText(""),
        call.path("name").asText().equals(AnswerForm.FIELD)
            ? Optional.of(call.path("arguments").asText(""))
            : Optional.empty(),
        candidates(choice.at("/logprobs/content/0/top_logprobs")),
        answer.tokens());
  }

  URI address() {
    return address;
  }

  ObjectNode body(ChatRequest request) {
    ObjectNode body = JSON.createObjectNode();
    body.put("model", config.model());
    for (Message message : request.messages()) {
      body.withArray("/messages")
          .addObject()
          .put("role", message.role())
          .put("content", message.content());
    }
    body.put("temperature", config.temperature());
    body.put(
        config.maxTokensField(), request.form() == AnswerForm.LOGPROBS ? 1 : config.maxTokens());
    config.seed().ifPresent(seed -> body.put("seed", seed));
    if (request.form() == AnswerForm.LOGPROBS) {
      body.put("logprobs", true).put("top_logprobs", CANDIDATES);
    }
    if (request.form() == AnswerForm.TOOL) {
      addTool(body, request);
    }
    return body;
  }

  private static void addTool(ObjectNode body, ChatRequest request) {
    ObjectNode function = body.withArray("/tools").addObject().put("type", "function");
    ObjectNode definition = function.putObject("function");
    definition.put("name", AnswerForm.FIELD);
    ObjectNode parameters = definition.putObject("parameters").put("type", "object");
    ObjectNode answer = parameters.putObject("properties").putObject(AnswerForm.FIELD);
    answer.put("type", "string");
    request.labels().forEach(answer.putArray("enum")::add);
    parameters.putArray("required").add(AnswerForm.FIELD);
    body.putObject("tool_choice")
        .put("type", "function")
        .putObject("function")
        .put("name", AnswerForm.FIELD);
  }

  private static Map<String, Double> candidates(JsonNode list) {
    Map<String, Double> candidates = new LinkedHashMap<>();
    for (JsonNode candidate : list) {
      double logprob = candidate.path("logprob").asDouble(Double.NEGATIVE_INFINITY);
      candidates.merge(candidate.path("token").asText(), logprob, Math::max);
    }
    return candidates;
  }
}
