package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** Items that need a last word. */
public final class Reviews {
  Reviews() {}

  public List<Item> queue(long projectId, long afterId, int limit) {
    throw new UnsupportedOperationException();
  }

  public CastVote adjudicate(Actor actor, long itemId, JsonNode answers, String reason) {
    throw new UnsupportedOperationException();
  }

  public void discard(Actor actor, long itemId, String reason) {
    throw new UnsupportedOperationException();
  }

  public void reopen(Actor actor, long itemId, String reason) {
    throw new UnsupportedOperationException();
  }
}
