package plumbline.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import plumbline.train.RunDirectory;

/** The {@code plumbline} command. */
@Command(
    name = "plumbline",
    description = "RLHF for the JVM: from human preferences to a better language model.",
    versionProvider = Version.class,
    mixinStandardHelpOptions = true,
    subcommandsRepeatable = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:bad usage or bad input",
      "130:interrupted by Ctrl-C",
      "143:told to end"
    })
public final class Main {
  static final String OUTPUT = "output";

  private Main() {}

  /** Every subcommand, in the order of the help text. */
  private static final List<Class<?>> COMMANDS =
      List.of(
          QuickstartCommand.class,
          RunCommand.class,
          TrainCommand.class,
          CollectCommand.class,
          GenerateCommand.class,
          ChatCommand.class,
          ScoreCommand.class,
          EvalCommand.class,
          LabelCommand.class,
          ServeCommand.class,
          ReportCommand.class,
          WatchCommand.class,
          TrackCommand.class,
          ConvertCommand.class,
          ForwardCommand.class,
          SelfCheckCommand.class,
          DownloadCommand.class,
          DataCommand.class,
          MergeCommand.class,
          PlanCommand.class,
          SchemaCommand.class,
          BenchCommand.class,
          CompletionCommand.class,
          LaunchCommand.class,
          DoctorCommand.class);

  public static void main(String[] args) {
    PrintStream out = utf8(FileDescriptor.out);
    PrintStream err = utf8(FileDescriptor.err);
    // Whatever a library prints must not get between a program and its JSON.
    System.setOut(err);
    System.setErr(err);
    Interruption.watch(err);
    System.setProperty(RunDirectory.COMMAND, CommandText.of(args));
    int code = run(args, System.getenv(), out, err);
    Interruption.over(code);
    System.exit(code);
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /**
   * Runs one command.
   *
   * @param environment the variables that say where models come from
   * @param out receives the result and nothing else
   * @param err receives progress, warnings and errors
   * @return 0 done, 1 failed, 2 bad usage or bad input
   */
  public static int run(
      String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
    CommandLine line = commandLine(out, err, args.length == 0 ? "" : args[0]);
    Failure failure = new Failure(out, err, Arrays.asList(args));
    try {
      ParseResult parsed = line.parseArgs(args);
      if (CommandLine.executeHelpRequest(parsed) != null) {
        return ExitCode.DONE;
      }
      return execute(parsed, args, environment, out, err);
    } catch (ParameterException e) {
      return failure.usage(e);
    } catch (Throwable e) {
      return failure.report(e);
    } finally {
      out.flush();
      err.flush();
    }
  }

  /**
   * Checks a command line that another process is to run.
   *
   * @throws ParameterException if it does not make sense
   */
  static void check(List<String> arguments, Console console) {
    commandLine(console.out(), console.err(), arguments.get(0))
        .parseArgs(arguments.toArray(String[]::new));
  }

  private static int execute(
      ParseResult parsed,
      String[] args,
      Map<String, String> environment,
      PrintStream out,
      PrintStream err)
      throws Exception {
    ParseResult leaf = parsed;
    while (leaf.hasSubcommand()) {
      leaf = leaf.subcommand();
    }
    CommandSpec spec = leaf.commandSpec();
    if (!(spec.userObject() instanceof Action action)) {
      throw new ParameterException(
          spec.commandLine(),
          "a command is missing; known: " + String.join(", ", spec.subcommands().keySet()));
    }
    Interruption.names(spec, args);
    OutputOptions options = (OutputOptions) spec.mixins().get(OUTPUT).userObject();
    return action.run(new Console(out, err, options, environment));
  }

  /** The whole tree of commands. */
  static CommandLine commandLine(PrintStream out, PrintStream err) {
    return commandLine(out, err, command -> true);
  }

  /**
   * Every command by name and description, but only {@code first} with options: the rest costs a
   * second.
   */
  private static CommandLine commandLine(PrintStream out, PrintStream err, String first) {
    return commandLine(out, err, command -> command.name().equals(first));
  }

  private static CommandLine commandLine(
      PrintStream out, PrintStream err, Predicate<Command> whole) {
    CommandLine line = new CommandLine(new Main());
    for (Class<?> type : COMMANDS) {
      Command command = type.getAnnotation(Command.class);
      if (whole.test(command)) {
        line.addSubcommand(type);
        addCommonOptions(line.getSubcommands().get(command.name()));
        // What follows is another command with its own options.
        line.getSubcommands().get(command.name()).setStopAtPositional(type == LaunchCommand.class);
      } else {
        line.addSubcommand(outline(command));
      }
    }
    line.setOut(new java.io.PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new java.io.PrintWriter(err, true, StandardCharsets.UTF_8));
    line.setUsageHelpAutoWidth(false);
    line.setUsageHelpWidth(100);
    line.setAbbreviatedOptionsAllowed(false);
    return line;
  }

  private static CommandSpec outline(Command command) {
    CommandSpec spec = CommandSpec.create().name(command.name());
    spec.usageMessage().description(command.description());
    return spec;
  }

  private static void addCommonOptions(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    if (spec.userObject() instanceof Action) {
      spec.addMixin(OUTPUT, CommandSpec.forAnnotatedObject(new OutputOptions()));
    }
    spec.mixinStandardHelpOptions(true);
    spec.versionProvider(new Version());
    command.getSubcommands().values().forEach(Main::addCommonOptions);
  }
}
