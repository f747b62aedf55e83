package plumbline.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Says whether this machine can run Plumbline. */
@Command(
    name = "doctor",
    description = "Check Java, memory, threads, native libraries, GPU and disk of this machine.")
final class DoctorCommand implements Action {
  @Override
  public int run(Console console) {
    List<Diagnosis> diagnoses = Diagnosis.all(console.environment());
    Table table = Table.of("check", "", "found");
    diagnoses.forEach(d -> table.row(d.name(), state(d), d.found()));
    console.say(table);
    List<Diagnosis> failed = diagnoses.stream().filter(d -> !d.ok()).toList();
    diagnoses.stream()
        .filter(d -> !d.remedy().isEmpty())
        .forEach(d -> console.say(d.name() + ": " + d.remedy()));

    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", failed.isEmpty() ? "ok" : "failed");
    document.put("version", Version.text());
    document.put("checks", diagnoses);
    console.result(document);
    return failed.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
  }

  private static String state(Diagnosis diagnosis) {
    return !diagnosis.ok() ? "FAILED" : diagnosis.remedy().isEmpty() ? "ok" : "note";
  }
}
