package plumbline.judge;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.googleai.GoogleAiGeminiChatModel;
import dev.langchain4j.model.ollama.OllamaChatModel;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import plumbline.data.Message;

/**
 * One call in the form of another provider, which langchain4j puts requests into and reads answers
 * from. What goes over the wire is {@link Endpoint}'s, and nothing is tried again here.
 */
final class LangChainClient implements ChatClient {
  /** langchain4j wants one; the key itself is put in by the endpoint. */
  private static final String NO_KEY = "-";

  private final RemoteConfig config;
  private final Endpoint endpoint;

  LangChainClient(RemoteConfig config, Endpoint endpoint) {
    this.config = config;
    this.endpoint = endpoint;
  }

  @Override
  public ChatAnswer ask(ChatRequest request, Duration limit) throws CallFailed {
    LangChainWire wire = new LangChainWire(endpoint, limit);
    try {
      return answer(model(wire).chat(chat(request)), wire.answer());
    } catch (RuntimeException e) {
      CallFailed failure = wire.failed(e);
      if (wire.isPromptRefused()) {
        return new ChatAnswer("", Optional.empty(), Map.of(), wire.answer().tokens());
      }
      throw failure;
    }
  }

  private ChatModel model(LangChainWire wire) {
    return switch (config.provider()) {
      case ANTHROPIC ->
          AnthropicChatModel.builder()
              .httpClientBuilder(wire.builder())
              .baseUrl(config.base())
              .apiKey(NO_KEY)
              .modelName(config.model())
              .temperature(config.temperature())
              .maxTokens(config.maxTokens())
              .maxRetries(0)
              .build();
      case GEMINI ->
          GoogleAiGeminiChatModel.builder()
              .httpClientBuilder(wire.builder())
              .baseUrl(config.base())
              .apiKey(NO_KEY)
              .modelName(config.model())
              .temperature(config.temperature())
              .seed(seed())
              .maxOutputTokens(config.maxTokens())
              .maxRetries(0)
              .build();
      case OLLAMA ->
          OllamaChatModel.builder()
              .httpClientBuilder(wire.builder())
              .baseUrl(config.base())
              .modelName(config.model())
              .temperature(config.temperature())
              .seed(seed())
              .numPredict(config.maxTokens())
              .maxRetries(0)
              .build();
      case OPENAI -> throw new IllegalStateException("not through langchain4j");
    };
  }

  /** These providers take 31 bits. */
  private Integer seed() {
    return config.seed().isPresent() ? (int) (config.seed().getAsLong() & Integer.MAX_VALUE) : null;
  }

  private dev.langchain4j.model.chat.request.ChatRequest chat(ChatRequest request) {
    var chat =
        dev.langchain4j.model.chat.request.ChatRequest.builder()
            .messages(request.messages().stream().map(LangChainClient::message).toList());
    if (request.form() == AnswerForm.TOOL) {
      chat.toolSpecifications(tool(request));
      if (config.provider() != Provider.OLLAMA) {
        // Ollama knows no way to insist on it.
        chat.toolChoice(ToolChoice.REQUIRED);
      }
    }
    return chat.build();
  }

  private static ChatMessage message(Message message) {
    return switch (message.role()) {
      case Message.SYSTEM -> SystemMessage.from(message.content());
      case Message.ASSISTANT -> AiMessage.from(message.content());
      default -> UserMessage.from(message.content());
    };
  }

  private static ToolSpecification tool(ChatRequest request) {
    return ToolSpecification.builder()
        .name(AnswerForm.FIELD)
        .parameters(
            JsonObjectSchema.builder()
                .addEnumProperty(AnswerForm.FIELD, request.labels())
                .required(AnswerForm.FIELD)
                .build())
        .build();
  }

  private static ChatAnswer answer(ChatResponse response, Endpoint.Answer came) {
    AiMessage said = response.aiMessage();
    Optional<String> call =
        said.toolExecutionRequests().stream()
            .filter(tool -> tool.name().equals(AnswerForm.FIELD))
            .map(ToolExecutionRequest::arguments)
            .findFirst();
    return new ChatAnswer(
        Optional.ofNullable(said.text()).orElse(""), call, Map.of(), came.tokens());
  }
}
