package plumbline.judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import plumbline.data.Message;
import plumbline.judge.CallFailed.Fault;

/**
 * A model behind an OpenAI-compatible endpoint, whose answer is told piece by piece as it is
 * written ({@code "stream": true}, server-sent events). An endpoint that answers in one piece is
 * understood too.
 */
public final class ChatStream {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DATA = "data:";
  private static final String END = "[DONE]";

  private final RemoteConfig config;
  private final Endpoint endpoint;
  private final OpenAiClient client;

  /**
   * A model to chat with; of the keys those of judging do not matter.
   *
   * @param environment where the key is
   * @throws plumbline.InputException if the variable that the configuration names is not set
   */
  public ChatStream(RemoteConfig config, Map<String, String> environment) {
    this.config = config;
    this.endpoint = new Endpoint(config, environment);
    this.client = new OpenAiClient(config, endpoint);
  }

  /**
   * The answer to a conversation. Nothing is tried again.
   *
   * @param more fields of the request, such as {@code top_p}
   * @param pieces takes the answer's text as it comes
   * @return the whole text
   * @throws CallFailed if there is no answer or it breaks off
   * @throws plumbline.InputException if there never will be one: a wrong key, address or model
   */
  public String answer(List<Message> messages, Map<String, Double> more, Consumer<String> pieces)
      throws CallFailed {
    ObjectNode body = client.body(new ChatRequest(messages, AnswerForm.BRACKETS, List.of()));
    body.put("stream", true);
    more.forEach(body::put);
    Endpoint.Lines answer =
        endpoint.lines(client.address(), body.toString(), Endpoint.seconds(config.timeout()));
    try (Stream<String> lines = answer.lines()) {
      if (answer.streams()) {
        return read(lines.iterator(), pieces);
      }
      String document = endpoint.clean(lines.collect(Collectors.joining("\n")));
      String text = client.read(endpoint.answer(document)).text();
      pieces.accept(text);
      return text;
    } catch (UncheckedIOException e) {
      throw endpoint.broken(e.getCause());
    }
  }

  /** The names of the models that the endpoint serves. */
  public List<String> models() throws CallFailed {
    List<String> names = new ArrayList<>();
    URI address = URI.create(config.base() + "/models");
    endpoint
        .get(address, Endpoint.seconds(config.timeout()))
        .path("data")
        .forEach(model -> names.add(model.path("id").asText()));
    return names;
  }

  private String read(Iterator<String> lines, Consumer<String> pieces) throws CallFailed {
    StringBuilder text = new StringBuilder();
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.startsWith(DATA)) {
        continue;
      }
      String data = line.substring(DATA.length()).strip();
      if (data.equals(END)) {
        return text.toString();
      }
      JsonNode event = parsed(endpoint.clean(data));
      if (event.has("error")) {
        throw CallFailed.of(
            Fault.SERVER_ERROR,
            "the endpoint says: " + Endpoint.shortened(event.at("/error/message").asText(data)));
      }
      String piece = event.at("/choices/0/delta/content").asText("");
      if (!piece.isEmpty()) {
        text.append(piece);
        pieces.accept(piece);
      }
    }
    throw CallFailed.of(Fault.CUT, "the answer broke off");
  }

  private JsonNode parsed(String data) throws CallFailed {
    try {
      return JSON.readTree(data);
    } catch (JsonProcessingException e) {
      throw CallFailed.of(
          Fault.MALFORMED, "a piece of the answer is no JSON: " + Endpoint.shortened(data));
    }
  }
}
