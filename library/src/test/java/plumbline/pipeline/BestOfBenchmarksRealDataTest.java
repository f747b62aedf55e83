package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.RealFiles;
import plumbline.tensor.Engine;

/** A best-of-n stage on the published comparisons of helpful answers. */
class BestOfBenchmarksRealDataTest {
  private static final String TURN = "\n\nAssistant:";

  @TempDir private Path folder;

  @BeforeEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  @Test
  void accuracyOnHelpfulAnswersIsWhatCountingTheRowsGives() {
    Path file = RealFiles.require("hh-rlhf/helpful-base.jsonl.gz");
    double right = 0;
    int pairs = 0;
    for (JsonNode row : RealFiles.lines(file)) {
      String chosen = last(row.get("chosen").asText());
      String rejected = last(row.get("rejected").asText());
      // Known of this slice: one row says the same twice, one answers with nothing.
      if (!chosen.equals(rejected) && !chosen.isEmpty() && !rejected.isEmpty()) {
        pairs++;
        double margin = rejected.codePointCount(0, rejected.length());
        margin -= chosen.codePointCount(0, chosen.length());
        right += margin > 0 ? 1 : margin < 0 ? 0 : 0.5;
      }
    }

    JsonNode model =
        BestOfBenchmarksTest.run(folder, "helpful: '" + file + "'").at("/reward_models/short");

    BestOfBenchmarksTest.assertAccuracy(model.at("/benchmarks/helpful"), pairs, right / pairs);
    assertThat(pairs).isGreaterThan(100);
  }

  private static String last(String dialogue) {
    return dialogue.substring(dialogue.lastIndexOf(TURN) + TURN.length()).strip();
  }
}
