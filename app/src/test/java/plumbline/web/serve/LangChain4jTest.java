package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** langchain4j as a client. */
class LangChain4jTest {
  @TempDir private Path folder;

  private static OpenAiChatModel.OpenAiChatModelBuilder model(TinyServer server, String name) {
    return OpenAiChatModel.builder()
        .baseUrl(server.address() + "/v1")
        .apiKey("none")
        .modelName(name)
        .temperature(0.0)
        .maxTokens(20)
        .maxRetries(0);
  }

  @Test
  void streamsTheChatThatItGivesWhole() throws Exception {
    try (TinyServer server = new TinyServer(folder)) {
      List<dev.langchain4j.data.message.ChatMessage> messages =
          List.of(SystemMessage.from("the dog"), UserMessage.from("the cat sat"));
      ChatResponse whole = model(server, "dpo").build().chat(messages);
      List<String> pieces = new ArrayList<>();
      CompletableFuture<ChatResponse> done = new CompletableFuture<>();
      OpenAiStreamingChatModel.builder()
          .baseUrl(server.address() + "/v1")
          .apiKey("none")
          .modelName("dpo")
          .temperature(0.0)
          .maxTokens(20)
          .build()
          .chat(
              messages,
              new StreamingChatResponseHandler() {
                @Override
                public void onPartialResponse(String piece) {
                  pieces.add(piece);
                }

                @Override
                public void onCompleteResponse(ChatResponse response) {
                  done.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                  done.completeExceptionally(error);
                }
              });
      ChatResponse streamed = done.get(1, TimeUnit.MINUTES);
      assertThat(whole.aiMessage().text()).isNotEmpty();
      assertThat(String.join("", pieces)).isEqualTo(whole.aiMessage().text());
      assertThat(streamed.tokenUsage()).isEqualTo(whole.tokenUsage());
      assertThat(streamed.finishReason()).isEqualTo(whole.finishReason());
    }
  }

  @Test
  void errorsAreWhatItKnows() throws Exception {
    try (TinyServer server = TinyServer.endless(folder, config -> config.withRoom(1, 0))) {
      assertThatThrownBy(() -> model(server, "nobody").build().chat("the"))
          .isInstanceOf(ModelNotFoundException.class);
      CompletableFuture<String> first =
          CompletableFuture.supplyAsync(
              () -> model(server, "helper").maxTokens(4000).build().chat("the"));
      server.awaitHealth(1, 0);
      assertThatThrownBy(() -> model(server, "helper").build().chat("the"))
          .isInstanceOf(RateLimitException.class);
      assertThat(first.get(2, TimeUnit.MINUTES)).isNotEmpty();
    }
  }
}
