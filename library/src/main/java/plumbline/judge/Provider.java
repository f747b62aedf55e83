package plumbline.judge;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Whose form of chat an endpoint speaks, and where its answers say who gave them for how much. */
public enum Provider {
  /** {@code POST /chat/completions} of OpenAI, which most servers of models speak. */
  OPENAI("Authorization", "/model", "/usage/prompt_tokens", "/usage/completion_tokens", ""),
  /** {@code POST /messages} of Anthropic. */
  ANTHROPIC("x-api-key", "/model", "/usage/input_tokens", "/usage/output_tokens", ""),
  /** {@code POST /models/MODEL:generateContent} of Google; what the model thinks is paid too. */
  GEMINI(
      "x-goog-api-key",
      "/modelVersion",
      "/usageMetadata/promptTokenCount",
      "/usageMetadata/candidatesTokenCount",
      "/usageMetadata/thoughtsTokenCount"),
  /** {@code POST /api/chat} of Ollama. */
  OLLAMA("Authorization", "/model", "/prompt_eval_count", "/eval_count", "");

  private static final String BEARER = "Authorization";

  private final String keyHeader;
  private final String model;
  private final String input;
  private final String output;
  private final String thoughts;

  Provider(String keyHeader, String model, String input, String output, String thoughts) {
    this.keyHeader = keyHeader;
    this.model = model;
    this.input = input;
    this.output = output;
    this.thoughts = thoughts;
  }

  /**
   * The client that speaks it.
   *
   * @param environment where the key is
   * @throws plumbline.InputException if the variable that the configuration names is not set
   */
  ChatClient client(RemoteConfig config, Map<String, String> environment) {
    Endpoint endpoint = new Endpoint(config, environment);
    return this == OPENAI
        ? new OpenAiClient(config, endpoint)
        : new LangChainClient(config, endpoint);
  }

  /** The header that holds the key. */
  String keyHeader() {
    return keyHeader;
  }

  /** What that header says. */
  String keyValue(String key) {
    return keyHeader.equals(BEARER) ? "Bearer " + key : key;
  }

  /** The model that an answer says it is of; empty if it does not say. */
  String model(JsonNode answer) {
    return answer.at(model).asText("");
  }

  /** What an answer says it took. */
  Optional<ChatAnswer.TokenCount> tokens(JsonNode answer) {
    long read = answer.at(input).asLong(-1);
    // A model that only thought, or wrote nothing, has no count of what it wrote.
    long written =
        answer.at(output).asLong(thoughts.isEmpty() ? -1 : 0) + answer.at(thoughts).asLong(0);
    return read >= 0 && written >= 0
        ? Optional.of(new ChatAnswer.TokenCount(read, written))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
