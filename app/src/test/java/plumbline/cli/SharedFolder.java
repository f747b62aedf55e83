package plumbline.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Real data and real checkpoints, which a checkout need not have. */
final class SharedFolder {
  private SharedFolder() {}

  /** A file or folder below the folder that a system property names; without it the test skips. */
  static Path require(String property, String name) {
    Path found = Path.of(System.getProperty(property, "no-such-folder")).resolve(name);
    if (!Files.exists(found)) {
      String reason = "there is no " + found + "; name its folder with -D" + property;
      System.out.println("SKIPPED: " + reason);
      Assumptions.abort(reason);
    }
    return found;
  }
}
