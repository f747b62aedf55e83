package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Measures memory in a process of its own, in which no earlier test has left any. */
public final class ForkedJvm {
  private static final Pattern GROWTH = Pattern.compile("growth_mb=(-?\\d+)");

  private ForkedJvm() {}

  /** From this size on malloc gives blocks back at once, as the launcher sets it. */
  public static final long LAUNCHER_BYTES = 8 << 20;

  /**
   * What {@code main} prints as {@code growth_mb=N}.
   *
   * @param returnedBytes size from which malloc gives freed blocks back at once; a small one leaves
   *     tensors in use only
   */
  public static long growthMegabytes(long returnedBytes, Class<?> main, String... arguments) {
    String output = output(256, returnedBytes, main, arguments);
    Matcher growth = GROWTH.matcher(output);
    assertThat(growth.find()).as(output).isTrue();
    return Long.parseLong(growth.group(1));
  }

  /**
   * What {@code main} prints, which has to end well.
   *
   * @param heapMegabytes the most that Java's heap may grow to
   * @param returnedBytes as of {@link #growthMegabytes}
   */
  public static String output(
      int heapMegabytes, long returnedBytes, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx" + heapMegabytes + "m", "-cp", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", Long.toString(returnedBytes));
    builder.environment().put("MALLOC_TRIM_THRESHOLD_", Long.toString(returnedBytes));
    try {
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor()).as(output).isZero();
      return output;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
