package plumbline.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.report.Report;

/** Writes the report of a run, or of several next to each other. */
@Command(
    name = "report",
    description = "Write the report of a run, or compare runs: one file that opens offline.")
final class ReportCommand implements Action {
  @Parameters(
      arity = "1..*",
      paramLabel = "RUN",
      description =
          "The folder of a run or of a whole pipeline; several are compared, with the first.")
  private List<Path> runs;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "The report's file; default: report.html in the run's folder. Needed for several runs.")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--export",
      paramLabel = "DIR",
      description =
          "Write every table too, and the numbers behind every picture, as CSV and as LaTeX;"
              + " pictures are saved from the page.")
  private Optional<Path> export = Optional.empty();

  @Override
  public int run(Console console) {
    if (runs.size() > 1 && out.isEmpty()) {
      throw new InputException(
          "%d runs and no file for their comparison; give it with --out FILE"
              .formatted(runs.size()));
    }
    Path report = Report.write(runs, out.orElse(runs.get(0).resolve("report.html")));
    console.say("report: " + report);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    result.put("report", report.toString());
    if (runs.size() > 1) {
      JsonNode claims = Report.claims(runs);
      if (!claims.isEmpty()) {
        result.put("claims", claims);
      }
    }
    export.ifPresent(
        folder -> {
          List<Path> files = Report.export(runs, folder);
          console.say("exported: " + files.size() + " files in " + folder);
          result.put("exported", files.stream().map(Path::toString).toList());
        });
    console.result(result);
    return ExitCode.DONE;
  }
}
