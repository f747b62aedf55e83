package plumbline.data;

import java.util.Objects;

/**
 * What a model answered to a prompt.
 *
 * @param prompt the conversation up to the answer
 * @param response the answer's text, without end-of-turn token
 * @param ended whether the model ended its turn itself; false if it was cut at the length limit
 */
public record Completion(Prompt prompt, String response, boolean ended) {
  public Completion {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(response, "response");
  }

  /** A whole answer to a user's words. */
  public static Completion of(String userText, String response) {
    return new Completion(Prompt.of(userText), response, true);
  }
}
