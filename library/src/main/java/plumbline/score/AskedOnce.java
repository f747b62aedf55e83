package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import plumbline.data.Completion;
import plumbline.distributed.World;

/** A scorer that only the first of several processes asks; the others are told what it said. */
record AskedOnce(Scorer asked) implements Scorer {
  @Override
  public Scores score(List<Completion> completions) {
    return World.current().fromFirst(Scores.class, () -> asked.score(completions));
  }

  @Override
  public void expect(List<CompletableFuture<Completion>> completions) {
    if (World.current().isFirst()) {
      asked.expect(completions);
    }
  }

  @Override
  public long truncated() {
    return asked.truncated();
  }

  @Override
  public JsonNode state() {
    return asked.state();
  }

  @Override
  public void restore(JsonNode state) {
    asked.restore(state);
  }

  @Override
  public void close() {
    asked.close();
  }
}
