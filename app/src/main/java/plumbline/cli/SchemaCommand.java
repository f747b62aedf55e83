package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.config.Config;
import plumbline.data.AtomicFile;
import plumbline.pipeline.Schemas;

/** Prints or writes the JSON schemas of configurations. */
@Command(
    name = "schema",
    description = "JSON schemas of configurations, with which editors complete and check them.")
final class SchemaCommand implements Action {
  @Parameters(
      arity = "0..1",
      paramLabel = "NAME",
      description = "The schema to print: pipeline, a method of train, ...; all names without it.")
  private String name;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write NAME.schema.json, or those of all names, to this folder instead.")
  private Path out;

  @Override
  public int run(Console console) {
    if (out == null && name == null) {
      Schemas.names().forEach(console::say);
      console.result(Map.of("schemas", Schemas.names()));
    } else if (out == null && console.isJson()) {
      console.result(Config.parse(Schemas.of(name), name).json());
    } else if (out == null) {
      console.say(Schemas.of(name).stripTrailing());
    } else {
      write(name == null ? Schemas.names() : List.of(name), console);
    }
    return ExitCode.DONE;
  }

  private void write(List<String> names, Console console) {
    List<String> written = new ArrayList<>();
    for (String each : names) {
      Path file = out.resolve(Schemas.fileName(each));
      AtomicFile.writeText(file, Schemas.of(each));
      written.add(file.toString());
    }
    console.say(written.size() + " schemas written below " + out);
    console.result(Map.of("written", written));
  }
}
