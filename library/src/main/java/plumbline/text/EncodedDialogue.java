package plumbline.text;

import java.util.Arrays;

/** A prompt and a response in token ids. */
public final class EncodedDialogue {
  private final int[] prompt;
  private final int[] response;

  EncodedDialogue(int[] prompt, int[] response) {
    this.prompt = prompt.clone();
    this.response = response.clone();
  }

  /** {@code int[P]}. */
  public int[] prompt() {
    return prompt.clone();
  }

  /** {@code int[R]}. */
  public int[] response() {
    return response.clone();
  }

  /** {@code int[P + R]}: the prompt and then the response. */
  public int[] ids() {
    int[] ids = Arrays.copyOf(prompt, prompt.length + response.length);
    System.arraycopy(response, 0, ids, prompt.length, response.length);
    return ids;
  }
}
