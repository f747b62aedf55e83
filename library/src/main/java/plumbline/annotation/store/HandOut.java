package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/** Who works on what, for how long. */
public final class HandOut {
  HandOut() {}

  public Optional<Lease> next(long accountId, long projectId) {
    throw new UnsupportedOperationException();
  }

  public Optional<Lease> current(long accountId, long projectId) {
    throw new UnsupportedOperationException();
  }

  public void saveDraft(long leaseId, long accountId, JsonNode draft) {
    throw new UnsupportedOperationException();
  }

  public void release(long leaseId, long accountId) {
    throw new UnsupportedOperationException();
  }
}
