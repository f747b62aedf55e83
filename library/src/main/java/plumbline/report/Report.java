package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.exhibit.Table;

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
    return write(List.of(run), run.resolve("report.html"));
  }

  /**
   * Renders one run, or several next to each other, into a file and returns its path.
   *
   * @param runs run directories; differences are to the first
   * @throws InputException when one is no run directory or the file cannot be written
   */
  public static Path write(List<Path> runs, Path report) {
    AtomicFile.writeText(report, render(runs));
    return report;
  }

  /**
   * The page as text. The same files give the same text.
   *
   * @throws InputException when {@code run} is no run directory
   */
  public static String render(Path run) {
    return render(List.of(run));
  }

  /** The page of one run, or of several next to each other. */
  static String render(List<Path> runs) {
    return runs.size() == 1 ? Page.of(RunReader.read(runs.get(0))) : new Comparison(runs).page();
  }

  /**
   * Writes every table of the page of these runs into a folder, {@code ID.csv} and {@code ID.tex}
   * each, the numbers behind the pictures too.
   *
   * @return the files
   * @throws InputException when one is no run directory or the folder cannot be written
   */
  public static List<Path> export(List<Path> runs, Path folder) {
    List<Table> tables =
        runs.size() == 1 ? Page.tables(RunReader.read(runs.get(0))) : new Comparison(runs).tables();
    List<Path> files = new ArrayList<>();
    for (Table table : tables) {
      files.add(written(folder.resolve(table.id() + ".csv"), Csv.of(table)));
      files.add(written(folder.resolve(table.id() + ".tex"), Latex.of(table)));
    }
    return files;
  }

  /**
   * The claims of a publication over several runs: {@code [{id, publication, same, runs: {LABEL:
   * {ours, verdict}}}]}, {@code same} being the number of runs that go the publication's way. Empty
   * where no run has claims.
   *
   * @throws InputException when one is no run directory
   */
  public static JsonNode claims(List<Path> runs) {
    return new Comparison(runs).claims();
  }

  private static Path written(Path file, String text) {
    AtomicFile.writeText(file, text);
    return file;
  }
}
