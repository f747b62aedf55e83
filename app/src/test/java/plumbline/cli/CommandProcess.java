package plumbline.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command in a process of its own, which a test may kill. */
final class CommandProcess {
  /** What it says, a file in the folder that it runs in. */
  static final String WORDS = "words";

  private CommandProcess() {}

  static Process start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), arguments);
  }

  static Process start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    return start(folder, environment, List.of(), arguments);
  }

  /**
   * The same below another command.
   *
   * @param around that command's words, such as those of {@code prlimit}
   */
  static Process start(
      Path folder, Map<String, String> environment, List<String> around, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(around);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-Dfile.encoding=UTF-8", "-cp", System.getProperty("java.class.path")));
    command.add("plumbline.cli.Main");
    command.addAll(List.of(arguments));
    ProcessBuilder process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(folder.resolve(WORDS).toFile());
    process.environment().putAll(environment);
    return process.start();
  }

  /** Waits until a server takes connections. */
  static void awaitListening(int port, Process server) throws InterruptedException {
    while (server.isAlive()) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return;
        }
      } catch (IOException e) {
        Thread.sleep(50);
      }
    }
    throw new AssertionError("the server has ended");
  }
}
