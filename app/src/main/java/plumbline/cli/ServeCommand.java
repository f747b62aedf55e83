package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.web.serve.ModelServer;
import plumbline.web.serve.ServeConfig;
import plumbline.web.serve.ServedFolders;

/** Serves models until it is stopped. */
@Command(
    name = "serve",
    description = "Serve a model, its adapters and reward models as OpenAI's interface.")
final class ServeCommand implements Action {
  private static final String KEYS = "PLUMBLINE_API_KEYS";
  private static final int SHORTEST_KEY = 16;

  @Mixin private ModelArgument model = new ModelArgument();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What requests call the model; default: the name of its folder or run.")
  private String name;

  @Option(
      names = "--adapter",
      paramLabel = "NAME=DIR",
      description = "Serve an adapter too, under a name; repeatable.")
  private List<String> adapters = new ArrayList<>();

  @Option(
      names = "--reward",
      paramLabel = "NAME=DIR",
      description = "Serve a reward model too, under a name; repeatable.")
  private List<String> rewards = new ArrayList<>();

  @Option(
      names = "--lora-folder",
      paramLabel = "DIR",
      description =
          "Let requests load adapters from below this folder and unload them; default: they may"
              + " not.")
  private Path loraFolder;

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "The port; 0 for any that is free; default: 8000.")
  private int port = 8000;

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description =
          "Ask for a key: a file with one per line, # begins a comment. Keys in PLUMBLINE_API_KEYS,"
              + " separated by commas, count too.")
  private Path keys;

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description = "Let pages of this origin ask, such as https://example.org; repeatable.")
  private List<String> origins = new ArrayList<>();

  @Option(
      names = "--max-rows",
      paramLabel = "N",
      description = "Responses generated side by side; default: 32.")
  private int rows = ServeConfig.ROWS;

  @Option(
      names = "--max-waiting",
      paramLabel = "N",
      description = "Requests that wait behind them; more get 429. Default: 128.")
  private int waiting = ServeConfig.WAITING;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Prompt and response in tokens; default: the model's context.")
  private int longest = Integer.MAX_VALUE;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      description = "How long a stopping server works on what it has begun; default: 60.")
  private int grace = 60;

  @Mixin private BaseOption base = new BaseOption();
  @Mixin private WeightOptions weights = new WeightOptions();
  @Mixin private EngineOptions engine = new EngineOptions();

  @Override
  public int run(Console console) throws InterruptedException {
    ServeConfig config = config(console);
    ServedFolders folders = folders(console);
    engine.configure();
    CountDownLatch stopped = new CountDownLatch(1);
    try (ModelServer server = ModelServer.start(config, folders)) {
      Interruption.closes(server::close);
      say(server, console);
      stopped.await();
    }
    return ExitCode.DONE;
  }

  private ServedFolders folders(Console console) {
    Path folder = model.folder(console);
    return new ServedFolders(
        name == null ? ServedFolders.nameOf(folder) : name,
        folder,
        named("--adapter", adapters, console),
        named("--reward", rewards, console),
        base.given(console),
        weights.format());
  }

  private static Map<String, Path> named(String option, List<String> given, Console console) {
    Map<String, Path> named = new LinkedHashMap<>();
    for (String one : given) {
      int equals = one.indexOf('=');
      if (equals < 1 || equals == one.length() - 1) {
        throw new InputException(option + " is '" + one + "', wanted NAME=DIR");
      }
      String key = one.substring(0, equals);
      if (named.containsKey(key)) {
        throw new InputException(option + " names '" + key + "' twice; change one name");
      }
      named.put(key, ModelArgument.folder(console, one.substring(equals + 1)));
    }
    return named;
  }

  private ServeConfig config(Console console) {
    ListenOptions.checkPort(port);
    atLeast("--max-rows", rows, 1);
    atLeast("--max-waiting", waiting, 0);
    atLeast("--max-length", longest, 2);
    atLeast("--grace", grace, 0);
    Set<String> secrets = keys(console);
    if (listen.isOpen() && secrets.isEmpty()) {
      console.warn(
          "everybody who reaches "
              + listen.host()
              + " may use the models; give --api-keys or set "
              + KEYS);
    }
    if (listen.isOpen() && !secrets.isEmpty() && listen.tls().isEmpty()) {
      console.warn(
          "keys travel unencrypted to " + listen.host() + "; give --tls-cert and --tls-key");
    }
    return ServeConfig.of(port)
        .withListening(listen.host(), port, listen.tls())
        .withKeys(secrets)
        .withOrigins(new LinkedHashSet<>(origins))
        .withRoom(rows, waiting)
        .withLongest(longest)
        .withAdapters(loraFolder())
        .withGrace(Duration.ofSeconds(grace));
  }

  private Optional<Path> loraFolder() {
    if (loraFolder != null && !Files.isDirectory(loraFolder)) {
      throw new InputException("--lora-folder is " + loraFolder + ", which is no folder");
    }
    return Optional.ofNullable(loraFolder);
  }

  private static void atLeast(String option, int value, int least) {
    if (value < least) {
      throw new InputException(option + " is " + value + ", wanted at least " + least);
    }
  }

  private Set<String> keys(Console console) {
    Set<String> all = new LinkedHashSet<>();
    String listed = console.environment().getOrDefault(KEYS, "");
    Arrays.stream(listed.split(",", -1)).map(String::strip).forEach(key -> add(all, key, KEYS));
    if (keys != null) {
      try {
        for (String line : Files.readAllLines(keys)) {
          add(all, line.replaceFirst("#.*", "").strip(), keys.toString());
        }
      } catch (IOException e) {
        throw new InputException(keys + ": cannot be read: " + e.getMessage(), e);
      }
      if (all.isEmpty()) {
        throw new InputException(keys + ": holds no key, wanted one per line");
      }
    }
    return all;
  }

  private static void add(Set<String> all, String key, String place) {
    if (!key.isEmpty() && key.length() < SHORTEST_KEY) {
      throw new InputException(
          place
              + ": a key has "
              + key.length()
              + " characters, wanted at least "
              + SHORTEST_KEY
              + "; openssl rand -hex 24 makes one");
    }
    if (!key.isEmpty()) {
      all.add(key);
    }
  }

  private static void say(ModelServer server, Console console) {
    console.say("models: " + String.join(", ", server.models()));
    console.say("serving: " + server.address() + "/v1");
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("address", server.address());
    document.put("port", server.port());
    document.put("models", server.models());
    console.result(document);
  }
}
