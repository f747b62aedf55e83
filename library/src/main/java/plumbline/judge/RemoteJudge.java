package plumbline.judge;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.Verdict;
import plumbline.judge.PatientClient.Asked;

/** A model behind an endpoint. */
public final class RemoteJudge implements Judge {
  static final List<String> PAIR_LABELS = List.of("A", "B");
  private static final List<String> PAIR_LABELS_AND_TIE = List.of("A", "B", "C");
  static final List<String> STARS =
      IntStream.rangeClosed(Rating.LOWEST, Rating.HIGHEST).mapToObj(Integer::toString).toList();

  private final RemoteConfig config;
  private final Template comparison;
  private final Template rating;
  private final PatientClient client;

  /** What a model chose, and where it told them the probabilities of all it could choose. */
  record Choice(String label, Map<String, Double> probabilities) {}

  /**
   * A judge that asks over the network.
   *
   * @param environment where the key is
   * @param budget what all its calls are paid from
   * @throws plumbline.InputException if a template or the key's variable is missing
   */
  public static RemoteJudge of(
      RemoteConfig config, Map<String, String> environment, Budget budget) {
    return of(config, config.provider().client(config, environment), budget);
  }

  /** As {@link #of(RemoteConfig, Map, Budget)}, over another provider's client. */
  public static RemoteJudge of(RemoteConfig config, ChatClient client, Budget budget) {
    PatientClient.Pause sleep =
        time -> Thread.sleep(time.toMillis(), time.toNanosPart() % 1_000_000);
    return new RemoteJudge(
        config, new PatientClient(config, client, budget, sleep, System::nanoTime));
  }

  RemoteJudge(RemoteConfig config, PatientClient client) {
    this.config = config;
    this.client = client;
    this.comparison = Template.load(config.template(), config.templates());
    this.rating = Template.load(config.ratingTemplate(), config.templates());
  }

  @Override
  public String name() {
    return config.judgeName();
  }

  @Override
  public String version() {
    return Sha256.ofText(
        String.join(
            "\n",
            config.identity(),
            comparison.version(),
            rating.version(),
            config.answer().toString(),
            Boolean.toString(config.ties()),
            Double.toString(config.temperature()),
            config.seed().toString(),
            Integer.toString(config.maxTokens())));
  }

  @Override
  public int concurrency() {
    return config.concurrency();
  }

  @Override
  public Spending spending() {
    return client.spending();
  }

  @Override
  public Comparison compare(Prompt prompt, String first, String second) {
    List<String> labels = config.ties() ? PAIR_LABELS_AND_TIE : PAIR_LABELS;
    Asked<Choice> asked =
        ask(
            comparison.comparison(prompt, first, second, config.answer(), labels),
            config.answer(),
            labels);
    OptionalDouble probability =
        asked.said().map(choice -> choice.probabilities().get("A")).stream()
            .mapToDouble(Double::doubleValue)
            .findFirst();
    return new Comparison(verdict(asked.said()), probability, asked.last().raw(), asked.usage());
  }

  /** The verdict that a label stands for. */
  static Verdict verdict(Optional<Choice> choice) {
    return switch (choice.map(Choice::label).orElse("")) {
      case "A" -> Verdict.FIRST;
      case "B" -> Verdict.SECOND;
      case "C" -> Verdict.TIE;
      default -> Verdict.UNPARSABLE;
    };
  }

  @Override
  public Rating rate(Prompt prompt, String response) {
    Asked<Choice> asked =
        ask(rating.rating(prompt, response, config.answer(), STARS), config.answer(), STARS);
    return new Rating(stars(asked.said()), asked.last().raw(), asked.usage());
  }

  /** The label as a number or, where probabilities are known, their mean. */
  static OptionalDouble stars(Optional<Choice> choice) {
    if (choice.isEmpty()) {
      return OptionalDouble.empty();
    }
    Map<String, Double> probabilities = choice.get().probabilities();
    return OptionalDouble.of(
        probabilities.isEmpty()
            ? Double.parseDouble(choice.get().label())
            : probabilities.entrySet().stream()
                .mapToDouble(star -> Integer.parseInt(star.getKey()) * star.getValue())
                .sum());
  }

  /** How it names a category, which is more than one token. */
  AnswerForm categoryForm() {
    return config.answer() == AnswerForm.LOGPROBS ? AnswerForm.FIRST_TOKEN : config.answer();
  }

  /** Asks for one of some labels. */
  Asked<Choice> ask(List<Message> messages, AnswerForm form, List<String> labels) {
    return client.ask(
        new ChatRequest(messages, form, labels),
        answer ->
            form.label(answer, labels)
                .map(
                    label ->
                        new Choice(
                            label,
                            form == AnswerForm.LOGPROBS
                                ? AnswerForm.probabilities(answer, labels)
                                : Map.of())));
  }

  /** Asks for an answer in words of its own. */
  Asked<String> write(List<Message> messages) {
    return client.ask(
        new ChatRequest(messages, AnswerForm.FIRST_TOKEN, List.of()),
        answer -> Optional.of(answer.text()).filter(text -> !text.isBlank()));
  }

  RemoteConfig config() {
    return config;
  }
}
