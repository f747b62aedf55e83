package plumbline.data;

import java.util.Objects;

/**
 * A prompt with an answer to imitate: one row of supervised fine-tuning.
 *
 * @param prompt the conversation up to the answer
 * @param response the answer's text
 */
public record Demonstration(Prompt prompt, String response) {
  public Demonstration {
    Objects.requireNonNull(prompt, "prompt");
    Objects.requireNonNull(response, "response");
  }
}
