package plumbline.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import plumbline.report.Report;

/** Writes the report of a run. */
@Command(name = "report", description = "Write report.html of a run: one file that opens offline.")
final class ReportCommand implements Action {
  @Parameters(paramLabel = "RUN", description = "The folder of a run or of a whole pipeline.")
  private Path run;

  @Override
  public int run(Console console) {
    Path report = Report.write(run);
    console.say("report: " + report);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    result.put("report", report.toString());
    console.result(result);
    return ExitCode.DONE;
  }
}
