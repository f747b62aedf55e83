package plumbline.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import plumbline.InputException;

/**
 * The report of a run: what came out, how sure it is, and everything needed to check it, as one
 * HTML file that opens offline and loads nothing.
 *
 * <p>A run that failed, still runs or lacks files gets a page too, which says so; what was not
 * measured is shown as such, never as 0.
 */
public final class Report {
  private Report() {}

  /**
   * Renders the run into {@code run/report.html} and returns that path. An older report is replaced
   * in one move.
   *
   * @param run a run directory, or a pipeline's directory whose stages are run directories
   * @throws InputException when it is no run directory or cannot be written to
   */
  public static Path write(Path run) {
    String page = render(run);
    Path report = run.resolve("report.html");
    try {
      Path unfinished = run.resolve("report.html.tmp");
      try {
        Files.writeString(unfinished, page);
        Files.move(
            unfinished,
            report,
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(unfinished);
      }
    } catch (IOException e) {
      throw new InputException("cannot write " + report + ": " + e, e);
    }
    return report;
  }

  /**
   * The page as text. The same files give the same text.
   *
   * @throws InputException when {@code run} is no run directory
   */
  public static String render(Path run) {
    return Page.of(RunReader.read(run));
  }
}
