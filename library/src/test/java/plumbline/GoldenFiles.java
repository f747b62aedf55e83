package plumbline;

import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Cases made by other software, read from the folder that {@code -Dplumbline.goldens} names. */
public final class GoldenFiles {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private GoldenFiles() {}

  /** The folder, or a skipped test with its reason printed. */
  public static Path root() {
    Path root = Path.of(System.getProperty("plumbline.goldens", "../shared/goldens"));
    if (!Files.isDirectory(root)) {
      System.out.println("SKIPPED: no golden cases at " + root + " (-Dplumbline.goldens=DIR)");
    }
    Assumptions.assumeTrue(Files.isDirectory(root), "no golden cases at " + root);
    return root;
  }

  /** Every folder of golden cases, in name order. */
  public static List<Path> folders() {
    try (Stream<Path> folders = Files.list(root())) {
      return folders.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The values of {@code {"shape": [..], "data": [..]}} or of a plain list. */
  public static double[] doubles(JsonNode node) {
    JsonNode data = node.has("data") ? node.get("data") : node;
    return IntStream.range(0, data.size()).mapToDouble(i -> number(data.get(i))).toArray();
  }

  private static double number(JsonNode node) {
    return node.isTextual()
        ? Double.parseDouble(node.asText().replace("inf", "Infinity"))
        : node.asDouble();
  }

  /** A list of lists of whole numbers. */
  public static int[][] intRows(JsonNode node) {
    return IntStream.range(0, node.size())
        .mapToObj(
            b ->
                IntStream.range(0, node.get(b).size())
                    .map(t -> node.get(b).get(t).asInt())
                    .toArray())
        .toArray(int[][]::new);
  }
}
