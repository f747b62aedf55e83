package plumbline.cli;

/**
 * A subcommand. Its class carries picocli's {@code @Command} and {@code @Option} annotations;
 * {@code --help} and the options of {@link OutputOptions} are added to it.
 */
interface Action {
  /**
   * Does the work.
   *
   * @return {@link ExitCode#DONE} or {@link ExitCode#FAILED}
   * @throws plumbline.InputException if what the user gave is wrong
   */
  int run(Console console) throws Exception;
}
