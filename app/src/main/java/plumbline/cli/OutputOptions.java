package plumbline.cli;

import picocli.CommandLine.Option;

/** How a command talks; every command has these. */
final class OutputOptions {
  @Option(
      names = "--json",
      description = "Print one JSON document on standard output, and everything else elsewhere.")
  boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "Show no progress.")
  boolean quiet;

  @Option(names = "--debug", description = "Show the stack trace of a failure.")
  boolean debug;
}
