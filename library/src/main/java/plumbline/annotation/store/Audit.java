package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What was done by whom; only ever added to. */
public final class Audit {
  Audit() {}

  public void write(Actor actor, String action, String subject, JsonNode detail) {
    throw new UnsupportedOperationException();
  }

  public List<AuditEntry> page(long beforeId, int limit) {
    throw new UnsupportedOperationException();
  }
}
