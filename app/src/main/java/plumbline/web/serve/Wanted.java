package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import plumbline.model.GenerationRequest;
import plumbline.model.Sampling;
import plumbline.train.Rollout;
import plumbline.web.serve.ServedModels.Served;

/**
 * How a request wants its text: what chat and completions have in common.
 *
 * @param choices per prompt
 * @param stops texts at which a choice ends
 * @param maxTokens of each choice
 * @param top tokens named at each place
 * @param numbered whether tokens are shown as {@code token_id:N}
 * @param ids whether tokens come as their ids too, the end token among them
 * @param endToken at which a choice ends; -1 for none; empty for the model's own
 * @param usage whether a stream ends with the count of tokens
 */
record Wanted(
    int choices,
    List<String> stops,
    Optional<Integer> maxTokens,
    Sampling sampling,
    long seed,
    int top,
    boolean numbered,
    boolean ids,
    OptionalInt endToken,
    boolean stream,
    boolean usage) {
  /** The most of the most likely tokens that are named at a place. */
  static final int MOST_TOP = 20;

  private static final int MOST_STOPS = 16;
  private static final int LONGEST_STOP = 200;

  /** Below this the most likely token is taken. */
  private static final double COLDEST = 1e-5;

  /**
   * Reads the parameters.
   *
   * @param longestName the parameter with the length
   * @param top as the caller has read it
   * @param mostChoices that the server has room for
   */
  static Wanted of(Call call, String longestName, int top, int mostChoices) {
    double temperature = call.number("temperature", 0, 2, 1);
    double topP = call.number("top_p", 0, 1, 1);
    if (topP == 0) {
      throw Call.wrong("top_p", "0", "a number above 0, at most 1");
    }
    long topK = call.whole("top_k", -1, Integer.MAX_VALUE).orElse(0L);
    double repetition = call.number("repetition_penalty", 0.01, 100, 1);
    Sampling sampling =
        new Sampling(
            temperature < COLDEST ? 0 : temperature, (int) Math.max(0, topK), topP, repetition, 1);
    long seed =
        call.whole("seed", Long.MIN_VALUE, Long.MAX_VALUE)
            .orElseGet(() -> ThreadLocalRandom.current().nextLong());
    boolean stream = call.flag("stream", false);
    call.neutral("presence_penalty", "0", "0.0");
    call.neutral("frequency_penalty", "0", "0.0");
    call.neutral("logit_bias", "{}");
    call.ignore("user", "metadata", "safety_identifier");
    return new Wanted(
        call.whole("n", 1, mostChoices).orElse(1L).intValue(),
        stops(call),
        call.whole(longestName, 0, Integer.MAX_VALUE).map(Long::intValue),
        sampling,
        seed,
        top,
        call.flag("return_tokens_as_token_ids", false),
        ids(call, stream),
        endToken(call),
        stream,
        usage(call, stream));
  }

  private static boolean ids(Call call, boolean stream) {
    boolean ids = call.flag("return_token_ids", false);
    if (ids && stream) {
      throw ApiError.parameter(
          "return_token_ids", "'return_token_ids' does not go with 'stream': true.");
    }
    return ids;
  }

  /** vLLM's two parameters; a choice ends at one token here. */
  private static OptionalInt endToken(Call call) {
    boolean ignored = call.flag("ignore_eos", false);
    Optional<JsonNode> stops = call.value("stop_token_ids");
    if (stops.isEmpty() || stops.get().isEmpty()) {
      return ignored ? OptionalInt.of(-1) : OptionalInt.empty();
    }
    JsonNode ids = stops.get();
    if (!ignored || !ids.isArray() || ids.size() > 1 || !ids.get(0).canConvertToInt()) {
      throw Call.wrong(
          "stop_token_ids", ids.toString(), "one token id, together with 'ignore_eos': true");
    }
    return OptionalInt.of(ids.get(0).intValue());
  }

  private int endToken(Served model) {
    return endToken.orElseGet(() -> model.text().endOfTurnId());
  }

  private static List<String> stops(Call call) {
    List<String> stops = call.texts("stop");
    if (stops.size() > MOST_STOPS
        || stops.stream().anyMatch(s -> s.isEmpty() || s.length() > LONGEST_STOP)) {
      throw Call.wrong(
          "stop",
          stops.size() + " texts",
          "at most " + MOST_STOPS + " of 1 to " + LONGEST_STOP + " characters");
    }
    return stops;
  }

  private static boolean usage(Call call, boolean stream) {
    Optional<JsonNode> options = call.value("stream_options");
    if (options.isEmpty()) {
      return false;
    }
    if (!stream || !options.get().isObject()) {
      throw ApiError.parameter(
          "stream_options", "'stream_options' is an object and goes with 'stream': true.");
    }
    Call.refuseOthers(
        options.get(), List.of("include_usage", "include_obfuscation"), "stream_options.");
    return options.get().path("include_usage").asBoolean(false);
  }

  /** An empty choice of a prompt; {@code before} as {@link Reply} has it. */
  Reply reply(Served model, int[] before) {
    return new Reply(model.text().tokenizer(), before, stops, endToken(model), numbered, ids);
  }

  /**
   * What the engine is asked for.
   *
   * @param promptName the parameter that holds the prompt
   * @param number the prompt's place in the request
   * @param longest prompt and response in tokens
   * @param otherwise the length of a choice where the request says none
   * @param echoed whether the prompt's log-probabilities are wanted
   */
  GenerationRequest request(
      Served model,
      String promptName,
      int[] prompt,
      int number,
      int choice,
      int longest,
      int otherwise,
      boolean echoed) {
    int limit = Math.min(longest, model.context());
    int wanted = maxTokens.orElse(0);
    if (prompt.length == 0) {
      throw ApiError.parameter(
          promptName, "'" + promptName + "' is empty; this model needs a first token.");
    }
    if (prompt.length >= limit || (long) prompt.length + wanted > limit) {
      throw ApiError.coded(
          "context_length_exceeded",
          promptName,
          "'%s' has %d tokens and %s are asked for; this server takes at most %d together."
              .formatted(
                  promptName,
                  prompt.length,
                  maxTokens.map(m -> m + " more").orElse("some"),
                  limit));
    }
    int tokens = maxTokens.orElse(Math.min(otherwise, limit - prompt.length));
    return new GenerationRequest(
        prompt,
        sampling.withMaxNewTokens(Math.max(1, tokens)),
        choice == 0 && number == 0 ? seed : Rollout.seed(seed, choice, number),
        endToken(model),
        1,
        top,
        echoed);
  }
}
