package plumbline.web.label;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.annotation.store.StoreConfig;

/** The command {@code label serve} in a process of its own, which can be killed. */
final class ServedLabels implements AutoCloseable {
  private static final Pattern ADDRESS =
      Pattern.compile("labelling app: (http://127\\.0\\.0\\.1:(\\d+))\\s");

  private final Process process;
  private final String address;
  private final int port;

  private ServedLabels(Process process, String address, int port) {
    this.process = process;
    this.address = address;
    this.port = port;
  }

  /**
   * Returns when it listens.
   *
   * @param words the file that gets what it says
   * @param port 0 for any that is free
   */
  static ServedLabels start(StoreConfig store, Path words, int port)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-Dfile.encoding=UTF-8",
                "-cp",
                System.getProperty("java.class.path"),
                "plumbline.cli.Main",
                "label",
                "serve",
                "--db",
                store.url(),
                "--port",
                Integer.toString(port))
            .redirectErrorStream(true)
            .redirectOutput(words.toFile())
            .start();
    while (process.isAlive()) {
      Matcher found = ADDRESS.matcher(Files.readString(words));
      if (found.find()) {
        return new ServedLabels(process, found.group(1), Integer.parseInt(found.group(2)));
      }
      Thread.sleep(20);
    }
    throw new AssertionError("label serve ended: " + Files.readString(words));
  }

  String address() {
    return address;
  }

  int port() {
    return port;
  }

  /** As {@code kill -9}: nothing is told to it. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
