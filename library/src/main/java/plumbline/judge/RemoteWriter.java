package plumbline.judge;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Sha256;

/** A model behind an endpoint that answers prompts itself, to be compared with others. */
public final class RemoteWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RemoteJudge client;
  private final VerdictCache cache;
  private final String version;

  private RemoteWriter(RemoteJudge client, VerdictCache cache) {
    this.client = client;
    this.cache = cache;
    RemoteConfig config = client.config();
    this.version =
        Sha256.ofText(
            String.join(
                "\n",
                config.identity(),
                Double.toString(config.temperature()),
                config.seed().toString(),
                Integer.toString(config.maxTokens())));
  }

  /**
   * A model that answers; its keys are a remote judge's, of which those of verdicts do not matter.
   *
   * @param cache where answers are kept; it is not asked for them again
   * @throws plumbline.InputException as {@link RemoteJudge#of}
   */
  public static RemoteWriter of(
      RemoteConfig config, Map<String, String> environment, Budget budget, VerdictCache cache) {
    return new RemoteWriter(RemoteJudge.of(config, environment, budget), cache);
  }

  /**
   * The answer to each prompt; empty where the model says nothing.
   *
   * @throws JudgeUnavailable if it does not answer
   * @throws BudgetSpent if an answer might cost more than what is left
   */
  public List<Optional<String>> answer(List<Prompt> prompts) {
    List<Optional<String>> answers =
        new ArrayList<>(Collections.nCopies(prompts.size(), Optional.empty()));
    Workers.run(client.concurrency(), prompts.size(), i -> answers.set(i, answer(prompts.get(i))));
    return List.copyOf(answers);
  }

  private Optional<String> answer(Prompt prompt) {
    List<Message> messages = prompt.messages();
    String key =
        Sha256.ofText(
            JSON.valueToTree(List.of("write", client.name(), version, messages)).toString());
    Optional<VerdictCache.Entry> known = cache.find(key);
    if (known.isEmpty()) {
      PatientClient.Asked<String> asked = client.write(messages);
      VerdictCache.Entry entry =
          new VerdictCache.Entry(
              key,
              client.name(),
              version,
              asked.said().isPresent() ? "written" : "nothing",
              OptionalDouble.empty(),
              asked.said().orElse(""),
              asked.usage());
      cache.put(entry);
      known = Optional.of(entry);
    }
    return known.map(VerdictCache.Entry::raw).filter(text -> !text.isBlank());
  }

  /** What it has used so far. */
  public Spending spending() {
    return client.spending();
  }
}
