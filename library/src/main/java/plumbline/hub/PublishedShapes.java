package plumbline.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The published shapes of the models that the examples name, so that planning asks no hub: layer
 * counts, widths and vocabularies as their {@code config.json} has them, nothing else.
 */
public final class PublishedShapes {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TABLE = "/plumbline/hub/shapes.json";

  private PublishedShapes() {}

  /** The repositories whose shape is known. */
  public static Set<String> names() {
    Set<String> names = new TreeSet<>();
    table().fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** A folder that holds a model's {@code config.json} alone; it goes when the program ends. */
  static Optional<Path> folder(Repository repository) {
    JsonNode shape = table().path(repository.name());
    if (!shape.isObject() || !repository.revision().equals(Repository.DEFAULT_REVISION)) {
      return Optional.empty();
    }
    try {
      Path folder = Files.createTempDirectory("plumbline-shape");
      Path config = folder.resolve("config.json");
      Files.writeString(config, shape.toString());
      folder.toFile().deleteOnExit();
      config.toFile().deleteOnExit();
      return Optional.of(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode table() {
    try (InputStream in = PublishedShapes.class.getResourceAsStream(TABLE)) {
      if (in == null) {
        throw new IllegalStateException(TABLE + " is missing from the class path");
      }
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
