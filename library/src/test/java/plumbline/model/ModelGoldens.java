package plumbline.model;

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
import plumbline.GoldenFiles;

/** Golden cases of whole models: folders with {@code goldens.json}. */
final class ModelGoldens {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private ModelGoldens() {}

  /** Every folder of golden cases, in name order. */
  static List<Path> folders() {
    try (Stream<Path> folders = Files.list(GoldenFiles.folder())) {
      return folders.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode read(Path file) {
    try {
      return JSON.readTree(file.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A list of lists of whole numbers. */
  static int[][] intRows(JsonNode node) {
    return IntStream.range(0, node.size())
        .mapToObj(
            b ->
                IntStream.range(0, node.get(b).size())
                    .map(t -> node.get(b).get(t).asInt())
                    .toArray())
        .toArray(int[][]::new);
  }
}
