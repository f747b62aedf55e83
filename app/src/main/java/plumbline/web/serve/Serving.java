package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.model.GenerationEngine;
import plumbline.model.GenerationRequest;
import plumbline.web.Tokens;
import plumbline.web.serve.ServedModels.Served;

/**
 * What every endpoint needs.
 *
 * @param started when the server began, in seconds since 1970
 */
record Serving(
    ServeConfig config,
    ServedModels models,
    GenerationEngine engine,
    ServeMetrics metrics,
    long started) {
  Call call(Context context) {
    return Call.of(context, config.largestBody());
  }

  /** Begins all choices of a request; {@code prompts} is how many prompts they belong to. */
  Replies ask(
      Context context, Served model, List<GenerationRequest> requests, List<Reply> replies) {
    if (requests.size() > engine.capacity()) {
      throw ApiError.parameter(
          "n",
          "The request asks for %d choices; this server takes at most %d at once."
              .formatted(requests.size(), engine.capacity()));
    }
    return Replies.ask(context, engine, metrics, model, requests, replies);
  }

  /** Tokens of prompts; what is wrong with a text is the client's to mend. */
  static int[] encoded(String parameter, java.util.function.Supplier<int[]> text) {
    try {
      return text.get();
    } catch (InputException e) {
      throw ApiError.parameter(parameter, e.getMessage());
    }
  }

  static void answer(Context context, JsonNode document) {
    context.contentType("application/json").result(document.toString());
  }

  /** What all documents of one answer begin with. */
  record Head(String id, String object, long created, String model) {
    static Head of(String prefix, String object, Served model) {
      return new Head(
          prefix + "-" + Tokens.random(), object, System.currentTimeMillis() / 1000, model.id());
    }

    ObjectNode document() {
      return Call.JSON
          .createObjectNode()
          .put("id", id)
          .put("object", object)
          .put("created", created)
          .put("model", model);
    }
  }

  /** The tokens read and drawn; a prompt that has several choices counts once. */
  static Usage usage(List<int[]> prompts, List<Reply> replies) {
    return new Usage(
        prompts.stream().mapToLong(prompt -> prompt.length).sum(),
        replies.stream().mapToLong(Reply::drawn).sum());
  }

  /** What {@code return_token_ids} adds to a choice. */
  static void putIds(ObjectNode choice, int[] prompt, List<Integer> ids) {
    ArrayNode read = choice.putArray("prompt_token_ids");
    IntStream.of(prompt).forEach(read::add);
    ArrayNode drawn = choice.putArray("token_ids");
    ids.forEach(drawn::add);
  }

  /** A parameter with two names; empty if neither is there. */
  static Optional<String> oneOf(Call call, String first, String second) {
    boolean has = call.value(first).isPresent();
    boolean hasOther = call.value(second).isPresent();
    if (has && hasOther) {
      throw ApiError.parameter(
          second, "'" + first + "' and '" + second + "' mean the same; leave one out.");
    }
    return has ? Optional.of(first) : hasOther ? Optional.of(second) : Optional.empty();
  }
}
