package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;

/**
 * One row of what people answered; never changed and never deleted.
 *
 * @param setId empty for an adjudication, which is on all responses
 * @param leaseId empty for an adjudication
 * @param shown ids of the responses in the order on the screen
 * @param guidelines the version that was shown, 0 where there was none
 * @param answers question id to answer, in terms of response ids
 * @param reason of a skip or discard
 * @param seconds from hand-out to answer, as the page measured
 * @param supersedes the row that this one takes the place of
 * @param supersededBy the row that took its place; empty while it is current
 */
public record CastVote(
    long id,
    long projectId,
    long itemId,
    OptionalLong setId,
    OptionalLong leaseId,
    long accountId,
    VoteKind kind,
    List<String> shown,
    int guidelines,
    JsonNode answers,
    String reason,
    double seconds,
    OptionalLong supersedes,
    OptionalLong supersededBy,
    Instant created) {
  public CastVote {
    shown = List.copyOf(shown);
  }

  /** Whether it counts: not superseded, and not itself a taking back. */
  public boolean current() {
    return supersededBy.isEmpty() && kind != VoteKind.UNDO;
  }

  /** The same with another version of the guidelines and another time. */
  CastVote seen(int version, double spent) {
    return new CastVote(
        id,
        projectId,
        itemId,
        setId,
        leaseId,
        accountId,
        kind,
        shown,
        version,
        answers,
        reason,
        spent,
        supersedes,
        supersededBy,
        created);
  }
}
