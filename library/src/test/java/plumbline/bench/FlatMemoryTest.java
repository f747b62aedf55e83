package plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import plumbline.ForkedJvm;
import plumbline.train.Memory;

class FlatMemoryTest {
  private static final Pattern FOUND =
      Pattern.compile("growth_mb=(-?\\d+) objects=(-?\\d+) updates=1000");

  /** 16 MB after 700 updates would be 23 KB of each. */
  private static final long NOISE_MEGABYTES = 16;

  @Test
  void memoryStaysWhereItIsOverAThousandUpdates() {
    assumeThat(Memory.peakMegabytes()).as("memory of a process, known on Linux only").isPositive();
    String output = ForkedJvm.output(128, 1 << 18, ThousandUpdates.class);

    Matcher found = FOUND.matcher(output);
    assertThat(found.find()).as(output).isTrue();
    assertThat(Long.parseLong(found.group(1))).isLessThan(NOISE_MEGABYTES);
    assertThat(Long.parseLong(found.group(2))).as("native objects").isZero();
  }
}
