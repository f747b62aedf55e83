package plumbline.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.stream.IntStream;
import plumbline.model.Generator;
import plumbline.model.Sampling;
import plumbline.score.Calls;
import plumbline.score.JsonServer;

/**
 * A response that a server is asked for, and what is believed of its answer: the very number of
 * tokens with a log-probability each, all of them tokens of the policy, ended as it was asked to.
 *
 * @param model that answers, by its name there
 * @param prompt its tokens
 * @param endToken that ends the response
 * @param vocabulary tokens of the policy
 */
record ServedResponse(
    String model, int[] prompt, Sampling sampling, long seed, int endToken, int vocabulary) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NUMBERED = "token_id:";

  /** A token that was drawn was not so unlikely; servers write this for minus infinity. */
  private static final double LOWEST = -1000;

  /** Rounding of a log-probability of 0. */
  private static final double HIGHEST = 1e-3;

  /** The request: OpenAI's with vLLM's extensions. */
  ObjectNode request() {
    ObjectNode request = JSON.createObjectNode().put("model", model);
    IntStream.of(prompt).forEach(request.putArray("prompt")::add);
    request.put("max_tokens", sampling.maxNewTokens()).put("n", 1).put("seed", seed);
    request.put("temperature", sampling.temperature()).put("top_p", sampling.topP());
    request.put("top_k", sampling.topK() == 0 ? -1 : sampling.topK());
    request.put("repetition_penalty", sampling.repetitionPenalty());
    // The model's own configuration names other tokens to end at, maybe.
    request.put("ignore_eos", true).putArray("stop_token_ids").add(endToken);
    request.put("logprobs", 1);
    return request.put("return_token_ids", true).put("return_tokens_as_token_ids", true);
  }

  /**
   * Reads the answer.
   *
   * @throws Calls.TryAgain if it is not to be believed
   */
  Generator.Generated read(JsonNode answer) throws Calls.TryAgain {
    String by = answer.path("model").asText(model);
    if (!by.equals(model)) {
      throw wrong("asked '%s', answered by '%s'".formatted(model, JsonServer.shown(by)));
    }
    JsonNode choices = answer.path("choices");
    if (choices.size() != 1) {
      throw wrong("%d choices, wanted 1".formatted(choices.size()));
    }
    JsonNode choice = choices.get(0);
    checkPrompt(choice);
    int[] ids = ids(choice);
    float[] logprobs = logprobs(choice, ids.length);
    return new Generator.Generated(ids, logprobs, isEnded(choice, ids));
  }

  private void checkPrompt(JsonNode choice) throws Calls.TryAgain {
    JsonNode read = choice.path("prompt_token_ids");
    if (read.isArray() && !Arrays.equals(ints(read), prompt)) {
      throw wrong("the server has read another prompt than it was sent");
    }
  }

  private int[] ids(JsonNode choice) throws Calls.TryAgain {
    JsonNode listed = choice.path("token_ids");
    int[] ids = listed.isArray() ? ints(listed) : numbered(choice.at("/logprobs/tokens"));
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw wrong(
            "token %d, but the policy's vocabulary has %d; is another model served?"
                .formatted(id, vocabulary));
      }
    }
    return ids;
  }

  private static int[] ints(JsonNode list) throws Calls.TryAgain {
    int[] ids = new int[list.size()];
    for (int t = 0; t < ids.length; t++) {
      if (!list.get(t).isInt()) {
        throw wrong("a token id is " + JsonServer.shown(list.get(t).toString()));
      }
      ids[t] = list.get(t).intValue();
    }
    return ids;
  }

  /** Tokens as {@code token_id:N}, which servers write that know no {@code return_token_ids}. */
  private static int[] numbered(JsonNode tokens) throws Calls.TryAgain {
    int[] ids = new int[tokens.size()];
    for (int t = 0; t < ids.length; t++) {
      String text = tokens.get(t).asText();
      if (!text.matches(NUMBERED + "\\d{1,9}")) {
        throw wrong(
            "no token ids: neither 'token_ids' (return_token_ids) nor tokens as token_id:N"
                + " (return_tokens_as_token_ids); vLLM and plumbline serve give them");
      }
      ids[t] = Integer.parseInt(text.substring(NUMBERED.length()));
    }
    return ids;
  }

  private static float[] logprobs(JsonNode choice, int tokens) throws Calls.TryAgain {
    JsonNode list = choice.at("/logprobs/token_logprobs");
    if (list.size() != tokens) {
      throw wrong("%d log-probs for %d tokens".formatted(list.size(), tokens));
    }
    float[] logprobs = new float[tokens];
    for (int t = 0; t < tokens; t++) {
      JsonNode found = list.get(t);
      double value = found.isNumber() ? found.doubleValue() : Double.NaN;
      if (!(value >= LOWEST && value <= HIGHEST)) {
        throw wrong("the log-prob of token %d is %s".formatted(t + 1, found));
      }
      logprobs[t] = (float) Math.min(value, 0);
    }
    return logprobs;
  }

  private boolean isEnded(JsonNode choice, int[] ids) throws Calls.TryAgain {
    String reason = choice.path("finish_reason").asText();
    boolean ended = ids.length > 0 && ids[ids.length - 1] == endToken;
    boolean inside =
        ids.length > 0
            && Arrays.stream(ids, 0, ids.length - 1).anyMatch(token -> token == endToken);
    boolean whole = ids.length == sampling.maxNewTokens();
    if (inside || ids.length > sampling.maxNewTokens() || !(ended || whole)) {
      throw wrong(
          "%d tokens, the end token %s, ended by '%s'; wanted at most %d, or the end token %d last"
              .formatted(
                  ids.length,
                  inside ? "among them" : ended ? "last" : "missing",
                  JsonServer.shown(reason),
                  sampling.maxNewTokens(),
                  endToken));
    }
    return ended;
  }

  private static Calls.TryAgain wrong(String what) {
    return JsonServer.unusable("an answer that cannot be: " + what);
  }
}
