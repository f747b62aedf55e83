package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.model.Sampling;
import plumbline.model.SharedBases;

/** A conversation in the terminal. */
@Command(
    name = "chat",
    description =
        "Talk with a model in the terminal, or with two at once, saying which answers better.",
    defaultValueProvider = SamplingOptions.Defaults.class)
final class ChatCommand implements Action {
  @Parameters(
      paramLabel = "MODEL",
      description =
          "A Hugging Face folder, an adapter's folder, a run's folder, ORG/NAME of a hub, or an"
              + " OpenAI-compatible endpoint: http://HOST:PORT/v1#NAME, without #NAME its only model.")
  private String model;

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      description =
          "Ask this one too: both answers are shown without names, in an order drawn anew each time.")
  private Optional<String> against = Optional.empty();

  @Option(
      names = "--save",
      paramLabel = "FILE.jsonl",
      description = "Append each preference to this file, as a row of TRL's form.")
  private Optional<Path> save = Optional.empty();

  @Option(names = "--system", paramLabel = "TEXT", description = "The system message.")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--key-env",
      paramLabel = "NAME",
      description = "The environment variable with the endpoints' key; without it none is sent.")
  private Optional<String> keyVariable = Optional.empty();

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of every random choice; default: 1.")
  private long seed = 1;

  @Mixin private BaseOption base = new BaseOption();
  @Mixin private WeightOptions weights = new WeightOptions();
  @Mixin private EngineOptions engine = new EngineOptions();

  @Override
  public int run(Console console) throws IOException {
    Sampling how = sampling.sampling();
    if (save.isPresent() && against.isEmpty()) {
      throw new InputException(
          "--save keeps preferences between two models; name the other with --against"
              + " (a conversation is kept with /save)");
    }
    Optional<AppendedRows> kept = save.map(AppendedRows::new);
    engine.configure();
    List<ChatPartner> partners = new ArrayList<>();
    try (SharedBases bases = base.bases(console)) {
      try {
        partners.add(partner(model, bases, console));
        against.ifPresent(other -> partners.add(partner(other, bases, console)));
        // Not closed: standard input is not this command's.
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ChatSession session = new ChatSession(partners, how, seed, kept, console);
        system.ifPresent(session::system);
        session.run(in);
        console.result(session.document());
      } finally {
        partners.forEach(ChatPartner::close);
      }
    }
    return ExitCode.DONE;
  }

  private ChatPartner partner(String given, SharedBases bases, Console console) {
    if (RemotePartner.isAddress(given)) {
      return RemotePartner.at(given, keyVariable, console.environment());
    }
    return LocalPartner.load(given, ModelArgument.folder(console, given), weights.format(), bases);
  }
}
