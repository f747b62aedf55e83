package plumbline.annotation.form;

import java.util.Objects;

/**
 * One of the answers that people judge.
 *
 * @param id names it within its item
 * @param model who wrote it; empty where it is not known. Never shown to those who judge
 * @param content its text
 */
public record Response(String id, String model, String content) {
  public Response {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(content, "content");
  }
}
