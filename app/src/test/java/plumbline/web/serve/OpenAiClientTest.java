package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.chat.completions.ChatCompletionTokenLogprob;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.models.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenAI's own Java client against the server. */
class OpenAiClientTest {
  private static final String KEY = "0123456789abcdef0123";

  @TempDir private static Path folder;
  private static TinyServer server;
  private static OpenAIClient client;

  @BeforeAll
  static void start() {
    server = new TinyServer(folder, config -> config.withKeys(Set.of("another-key-of-20", KEY)));
    client = client(KEY);
  }

  private static OpenAIClient client(String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.address() + "/v1")
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  private static ChatCompletionCreateParams.Builder chat(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addSystemMessage("the dog")
        .addUserMessage("the cat sat")
        .temperature(0)
        .maxCompletionTokens(24);
  }

  @Test
  void listsTheModels() {
    List<Model> models = client.models().list().data();
    assertThat(models).extracting(Model::id).containsExactly("helper", "ppo", "dpo", "judge");
    assertThat(client.models().retrieve("ppo").id()).isEqualTo("ppo");
  }

  @Test
  void streamsTheChatThatItGivesWhole() {
    ChatCompletion whole = client.chat().completions().create(chat("helper").build());
    ChatCompletionCreateParams streamed =
        chat("helper")
            .streamOptions(ChatCompletionStreamOptions.builder().includeUsage(true).build())
            .build();
    List<ChatCompletionChunk> chunks;
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(streamed)) {
      chunks = stream.stream().toList();
    }
    String text =
        chunks.stream()
            .flatMap(chunk -> chunk.choices().stream())
            .map(choice -> choice.delta().content().orElse(""))
            .collect(Collectors.joining());
    ChatCompletion.Choice choice = whole.choices().get(0);
    assertThat(text).isNotEmpty().isEqualTo(choice.message().content().orElseThrow());
    ChatCompletionChunk last = chunks.get(chunks.size() - 1);
    assertThat(last.choices()).isEmpty();
    assertThat(last.usage()).isEqualTo(whole.usage());
    ChatCompletionChunk before = chunks.get(chunks.size() - 2);
    assertThat(before.choices().get(0).finishReason().orElseThrow().toString())
        .isEqualTo(choice.finishReason().toString());
    assertThat(chunks.size()).isGreaterThan(6);
  }

  @Test
  void logprobsAreThoseOfTheTrainingForward() throws Exception {
    for (String model : List.of("helper", "ppo")) {
      ChatCompletion chat =
          client
              .chat()
              .completions()
              .create(
                  chat(model)
                      .temperature(0.7)
                      .putAdditionalBodyProperty("seed", JsonValue.from(3))
                      .logprobs(true)
                      .topLogprobs(3)
                      .putAdditionalBodyProperty("return_tokens_as_token_ids", JsonValue.from(true))
                      .build());
      List<ChatCompletionTokenLogprob> tokens =
          chat.choices().get(0).logprobs().orElseThrow().content().orElseThrow();
      int[] prompt = prompt(model);
      int[] response =
          tokens.stream()
              .mapToInt(token -> Integer.parseInt(token.token().replace("token_id:", "")))
              .toArray();
      int[] row = Arrays.copyOf(prompt, prompt.length + response.length);
      System.arraycopy(response, 0, row, prompt.length, response.length);
      float[] wanted = server.trainingLogprobs(model, row);
      assertThat(tokens).hasSizeGreaterThan(5);
      for (int t = 0; t < tokens.size(); t++) {
        assertThat(tokens.get(t).logprob()).isCloseTo(wanted[prompt.length - 1 + t], within(1e-5));
        assertThat(tokens.get(t).topLogprobs()).hasSize(3);
      }
    }
  }

  private static int[] prompt(String model) throws IOException, InterruptedException {
    String asked =
        """
        {"model": "%s", "messages": [{"role": "system", "content": "the dog"},
          {"role": "user", "content": "the cat sat"}]}\
        """
            .formatted(model);
    JsonNode tokens =
        server.post("/tokenize", asked, "Authorization", "Bearer " + KEY).json().get("tokens");
    return IntStream.range(0, tokens.size()).map(i -> tokens.get(i).intValue()).toArray();
  }

  @Test
  void completesATextWithLogprobs() {
    Completion completion =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("helper")
                    .prompt("the cat")
                    .maxTokens(9)
                    .temperature(0)
                    .echo(true)
                    .logprobs(2)
                    .build());
    assertThat(completion.choices().get(0).text()).startsWith("the cat");
    List<String> tokens =
        completion.choices().get(0).logprobs().orElseThrow().tokens().orElseThrow();
    assertThat(tokens).hasSizeGreaterThan(4);
  }

  @Test
  void anAdapterIsAModelOfItsOwn() {
    Set<String> answers =
        List.of("helper", "ppo", "dpo").stream()
            .map(model -> client.chat().completions().create(chat(model).build()))
            .map(answer -> answer.choices().get(0).message().content().orElseThrow())
            .collect(Collectors.toSet());
    assertThat(answers).hasSize(3);
  }

  @Test
  void aWrongModelIsNotFound() {
    NotFoundException e =
        catchThrowableOfType(
            NotFoundException.class,
            () -> client.chat().completions().create(chat("helpr").build()));
    assertThat(e.code()).contains("model_not_found");
    assertThat(e.getMessage()).contains("did you mean 'helper'?");
    assertThatThrownBy(() -> client.chat().completions().create(chat("judge").build()))
        .isInstanceOf(NotFoundException.class)
        .hasMessageContaining("scores and writes no text");
  }

  @Test
  void anUnknownParameterIsNamed() {
    BadRequestException e =
        catchThrowableOfType(
            BadRequestException.class,
            () ->
                client
                    .chat()
                    .completions()
                    .create(
                        chat("helper")
                            .putAdditionalBodyProperty("topp", JsonValue.from(1))
                            .build()));
    assertThat(e.param()).contains("topp");
    assertThat(e.getMessage()).contains("did you mean 'top_p'?");
    BadRequestException other =
        catchThrowableOfType(
            BadRequestException.class,
            () -> client.chat().completions().create(chat("helper").presencePenalty(0.5).build()));
    assertThat(other.param()).contains("presence_penalty");
  }

  @Test
  void aWrongKeyIsRefused() {
    OpenAIClient other = client("0123456789abcdef0124");
    assertThatThrownBy(() -> other.models().list()).isInstanceOf(UnauthorizedException.class);
    other.close();
  }
}
