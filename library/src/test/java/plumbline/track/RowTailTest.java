package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowTailTest {
  @TempDir Path folder;

  private static List<Long> steps(List<JsonNode> rows) {
    return rows.stream().map(Event::step).toList();
  }

  private static String row(long step, long salt) {
    return "{\"step\":" + step + ",\"time/update_s\":" + salt + "}\n";
  }

  @Test
  void aLogThatDoesNotExistHasNoRows() throws IOException {
    assertThat(new RowTail(folder.resolve("none")).next().rows()).isEmpty();
  }

  @Test
  void whateverIsAppendedOrCutTheRowsAreThoseOfTheFile() throws IOException {
    Path file = folder.resolve("metrics.jsonl");
    SplittableRandom random = new SplittableRandom(5);
    RowTail tail = new RowTail(file);
    List<Long> seen = new ArrayList<>();
    List<Integer> ends = new ArrayList<>(List.of(0));
    Files.writeString(file, "");
    for (int round = 0; round < 400; round++) {
      if (random.nextInt(10) == 0) {
        int kept = random.nextInt(ends.size());
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, ends.get(kept)));
        ends.subList(kept + 1, ends.size()).clear();
      }
      StringBuilder added = new StringBuilder();
      for (int i = random.nextInt(4); i > 0; i--) {
        added.append(row(ends.size(), random.nextLong(1000, 9999)));
        ends.add((int) Files.size(file) + added.length());
      }
      // A row is torn where the writer was met at work.
      int torn = random.nextInt(added.length() + 1);
      Files.writeString(file, added.substring(0, torn), StandardOpenOption.APPEND);
      take(tail, seen);
      Files.writeString(file, added.substring(torn), StandardOpenOption.APPEND);
      if (random.nextInt(3) > 0) {
        take(tail, seen);
        assertThat(seen).hasSize(ends.size() - 1);
      }
    }
    take(tail, seen);
    for (int i = 0; i < seen.size(); i++) {
      assertThat(seen.get(i)).isEqualTo(i + 1);
    }
  }

  private static void take(RowTail tail, List<Long> seen) throws IOException {
    RowTail.Read read = tail.next();
    if (read.anew()) {
      seen.clear();
    }
    seen.addAll(steps(read.rows()));
  }
}
