package plumbline.text;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Folders of golden cases and real files, which a checkout need not have. */
final class SharedFiles {
  private SharedFiles() {}

  static Path folder(String property) {
    Path folder = Path.of(System.getProperty(property, "no-such-folder"));
    assumeTrue(Files.isDirectory(folder), () -> property + ": no folder " + folder);
    return folder;
  }

  /** Folders of tokenizers with a goldens.json, sorted by name. */
  static List<Path> tokenizerGoldens() {
    try (Stream<Path> folders = Files.list(folder("plumbline.goldens"))) {
      return folders
          .filter(f -> Files.isRegularFile(f.resolve("tokenizer.json")))
          .filter(f -> Files.isRegularFile(f.resolve("goldens.json")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode goldens(Path folder) {
    try {
      return new ObjectMapper().readTree(folder.resolve("goldens.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> stream(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  static int[] ints(JsonNode array) {
    return stream(array).mapToInt(JsonNode::asInt).toArray();
  }
}
