package plumbline.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Prints a script with which a shell completes commands and options. */
@Command(
    name = "completion",
    description = "Print a script with which the shell completes commands and options.")
final class CompletionCommand implements Action {
  /** Shells that are known. */
  enum Shell {
    bash,
    zsh
  }

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Override
  public int run(Console console) {
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    // The script of picocli is one for both: in zsh it turns bash's completion on.
    String script = AutoComplete.bash("plumbline", Main.commandLine(nowhere, nowhere));
    console.say(script.stripTrailing());
    console.result(Map.of("shell", shell.name(), "script", script));
    return ExitCode.DONE;
  }
}
