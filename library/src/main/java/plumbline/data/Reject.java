package plumbline.data;

import java.util.Objects;

/**
 * A row that was read but cannot be used.
 *
 * @param place file and line, {@code pairs.jsonl:381}
 * @param reason why, in words shared by all rows with that fault, so that they can be counted
 */
public record Reject(String place, String reason) {
  public Reject {
    Objects.requireNonNull(place, "place");
    Objects.requireNonNull(reason, "reason");
  }

  @Override
  public String toString() {
    return place + ": " + reason;
  }
}
