package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** What people answered. */
public final class Votes {
  /** Which rows. */
  public enum Selection {
    /** Those that count now. */
    CURRENT,
    /** All that ever were. */
    ALL
  }

  Votes() {}

  public CastVote submit(
      long leaseId, long accountId, JsonNode answers, double seconds, String nonce) {
    throw new UnsupportedOperationException();
  }

  public CastVote skip(long leaseId, long accountId, String reason, double seconds, String nonce) {
    throw new UnsupportedOperationException();
  }

  public CastVote discard(
      long leaseId, long accountId, String reason, double seconds, String nonce) {
    throw new UnsupportedOperationException();
  }

  public CastVote edit(
      long voteId, long accountId, JsonNode answers, double seconds, String nonce) {
    throw new UnsupportedOperationException();
  }

  public Lease undo(long accountId, long projectId) {
    throw new UnsupportedOperationException();
  }

  public Optional<CastVote> byId(long voteId) {
    throw new UnsupportedOperationException();
  }

  public List<CastVote> history(long accountId, long projectId, long beforeId, int limit) {
    throw new UnsupportedOperationException();
  }

  public List<CastVote> ofItem(long itemId) {
    throw new UnsupportedOperationException();
  }

  public List<CastVote> page(long projectId, Selection selection, long afterId, int limit) {
    throw new UnsupportedOperationException();
  }

  public void stream(long projectId, Selection selection, Consumer<CastVote> each) {
    throw new UnsupportedOperationException();
  }
}
