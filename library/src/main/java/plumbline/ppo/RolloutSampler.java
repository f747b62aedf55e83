package plumbline.ppo;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.model.Generator;
import plumbline.model.Sampling;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.rollout.RolloutServer;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.text.DialogueEncoder;
import plumbline.train.Checkpoints;
import plumbline.train.EpochOrder;
import plumbline.train.Rollout;

/** Samples and scores the responses of an update. */
final class RolloutSampler implements AutoCloseable {
  /** Seeds of greedy responses and of no others: nothing about them is random. */
  private static final long GREEDY = -1;

  private final PpoConfig config;
  private final DialogueEncoder text;
  private final List<Prompt> prompts;
  private final List<int[]> promptIds;
  private final Scorer scorer;
  private final Optional<Scorer> monitor;
  private final long seed;
  private final OptionalInt stop;
  private final Optional<RolloutServer> server;
  private long scoringNanos;
  private List<TokenizedRow> asked = List.of();

  /**
   * Sets up a run's sampling.
   *
   * @param promptIds the prompts' tokens
   * @param run the run's folder
   * @throws InputException if the token to stop at is none
   */
  RolloutSampler(
      PpoConfig config,
      DialogueEncoder text,
      List<Prompt> prompts,
      List<int[]> promptIds,
      Scorer scorer,
      Optional<Scorer> monitor,
      long seed,
      Path run) {
    this.config = config;
    this.text = text;
    this.prompts = prompts;
    this.promptIds = promptIds;
    this.scorer = scorer;
    this.monitor = monitor;
    this.seed = seed;
    this.stop =
        config
            .ending()
            .stopToken()
            .map(token -> OptionalInt.of(id(token)))
            .orElse(OptionalInt.empty());
    this.server =
        config
            .rolloutServer()
            .map(keys -> new RolloutServer(keys, text.endOfTurnId(), run, System.getenv()));
  }

  private int id(String token) {
    int[] ids = text.response(token);
    // The response's own end token comes after it.
    if (ids.length != 2) {
      throw new InputException(
          "ending.stop_token: '"
              + token
              + "' is "
              + (ids.length - 1)
              + " tokens of this model's tokenizer, wanted one");
    }
    return ids[0];
  }

  /** Names what the scorers learn: what they say next depends on it. */
  void keepIn(Checkpoints checkpoints) {
    checkpoints.numbers("scorer", scorer::state, scorer::restore);
    monitor.ifPresent(m -> checkpoints.numbers("monitor", m::state, m::restore));
  }

  /** The rows of which a score was asked last. */
  List<TokenizedRow> asked() {
    return asked;
  }

  /** Seconds that scoring took since this was last asked. */
  double takeScoringSeconds() {
    double seconds = scoringNanos / 1e9;
    scoringNanos = 0;
    return seconds;
  }

  /**
   * Responses to the next prompts, with scores. Prompts that the row filter has no use for are
   * replaced by the next ones, up to the configured number of rounds; then the update does with
   * fewer, or, if none is of use, with those it has.
   *
   * @param meanwhile what to do with the responses while others may score them; not called where
   *     the filter may want other responses
   */
  Experience experience(
      Transformer model, EpochOrder order, long step, Consumer<List<Rollout>> meanwhile) {
    if (config.rows().keep() == RowFilter.VARIED) {
      try (Speaker speaker = speaker(model, step)) {
        return sampledFrom(speaker, order, step);
      }
    }
    List<Rollout> drawn;
    List<Rollout> greedy;
    try (Speaker speaker = speaker(model, step)) {
      drawn = drawn(speaker, order, step, config.rowsPerUpdate(), 0, true);
      greedy = greedy(speaker, drawn);
    }
    asked = drawn.stream().map(Rollout::tokens).toList();
    meanwhile.accept(drawn);
    return scored(drawn, greedy);
  }

  private Experience sampledFrom(Speaker speaker, EpochOrder order, long step) {
    RowFilter filter = config.rows().keep();
    int wanted = config.rowsPerUpdate();
    Experience all = scored(speaker, drawn(speaker, order, step, wanted, 0, true));
    Experience useful = all.useful(filter, config.samplesPerPrompt());
    for (int round = 1; useful.size() < wanted && round < config.rows().attempts(); round++) {
      int missing = wanted - useful.size();
      List<Rollout> more = drawn(speaker, order, step, missing, useful.sampled(), true);
      all = scored(speaker, more);
      useful = useful.plus(all.useful(filter, config.samplesPerPrompt()));
    }
    return useful.size() == 0 ? all.sampledInAll(useful.sampled()) : useful;
  }

  /**
   * Responses without scores.
   *
   * @param rows how many, a whole number of groups
   * @param before responses of this update so far
   */
  List<Rollout> rollouts(Transformer model, EpochOrder order, long step, int rows, int before) {
    try (Speaker speaker = speaker(model, step)) {
      return drawn(speaker, order, step, rows, before, false);
    }
  }

  /** Who draws an update's responses. */
  private interface Speaker extends AutoCloseable {
    Rollout.Source with(Sampling sampling);

    @Override
    default void close() {}
  }

  /** The server, which learns of the model's weights first, or a copy of the model. */
  private Speaker speaker(Transformer model, long step) {
    if (server.isPresent()) {
      server.get().follow(model, step);
      int vocabulary = model.config().vocabularySize();
      return sampling -> server.get().source(vocabulary, sampling);
    }
    Transformer copy = config.sampling().copyOf(model);
    return new Speaker() {
      @Override
      public Rollout.Source with(Sampling sampling) {
        int end = text.endOfTurnId();
        return new Generator(copy, sampling, end, config.rowsPerUpdate())::draw;
      }

      @Override
      public void close() {
        copy.close();
      }
    };
  }

  private List<Rollout> drawn(
      Speaker speaker, EpochOrder order, long step, int rows, int before, boolean scored) {
    List<Prompt> chosen = new ArrayList<>();
    List<int[]> ids = new ArrayList<>();
    for (int index : order.next(rows / config.samplesPerPrompt())) {
      for (int sample = 0; sample < config.samplesPerPrompt(); sample++) {
        chosen.add(prompts.get(index));
        ids.add(promptIds.get(index));
      }
    }
    long[] seeds = new long[ids.size()];
    Arrays.setAll(seeds, row -> Rollout.seed(seed, step, before + row));
    List<CompletableFuture<Completion>> whole =
        ids.stream().map(row -> new CompletableFuture<Completion>()).toList();
    if (scored) {
      scorer.expect(whole);
      monitor.ifPresent(m -> m.expect(whole));
    }
    return sample(speaker, chosen, ids, seeds, config.sampling().sampling(), whole);
  }

  private List<Rollout> sample(
      Speaker speaker,
      List<Prompt> chosen,
      List<int[]> ids,
      long[] seeds,
      Sampling sampling,
      List<CompletableFuture<Completion>> whole) {
    AtomicReferenceArray<Rollout> kept = new AtomicReferenceArray<>(seeds.length);
    Rollout.sample(
        speaker.with(sampling),
        text,
        chosen,
        ids,
        seeds,
        (rollout, row) -> {
          kept.set(row, cut(rollout));
          whole.get(row).complete(kept.get(row).completion());
        });
    return IntStream.range(0, seeds.length).mapToObj(kept::get).toList();
  }

  /** What a server's rollouts are measured by; the run stops if they cannot be the policy's. */
  Map<String, Double> checked(RolloutMismatch mismatch) {
    server.ifPresent(other -> other.check(mismatch.gap()));
    Map<String, Double> metrics = mismatch.metrics(config.loss().rolloutCap());
    server.ifPresent(other -> metrics.put("rollout/retries", (double) other.takeRetries()));
    return metrics;
  }

  private Rollout cut(Rollout rollout) {
    if (stop.isEmpty()) {
      return rollout;
    }
    int[] all = rollout.tokens().response();
    int[] kept = Endings.truncated(all, stop.getAsInt());
    if (kept.length == 0 || kept[kept.length - 1] != stop.getAsInt()) {
      return rollout;
    }
    return new Rollout(
        new TokenizedRow(rollout.tokens().prompt(), kept),
        Arrays.copyOf(rollout.logprobs(), kept.length),
        new Completion(rollout.completion().prompt(), text.text(kept), true));
  }

  private Experience scored(Speaker speaker, List<Rollout> rollouts) {
    return scored(rollouts, greedy(speaker, rollouts));
  }

  private Experience scored(List<Rollout> rollouts, List<Rollout> greedy) {
    Experience.Scored baseline =
        greedy.isEmpty() ? Experience.Scored.NONE : baseline(rollouts, greedy);
    long start = System.nanoTime();
    List<Completion> completions = rollouts.stream().map(Rollout::completion).toList();
    asked = rollouts.stream().map(Rollout::tokens).toList();
    Experience experience =
        Experience.of(
            rollouts, scorer.score(completions), monitor.map(m -> m.score(completions)), baseline);
    scoringNanos += System.nanoTime() - start;
    return experience;
  }

  /** The greedy responses to the rollouts' prompts, one per prompt; none if nobody asks. */
  private List<Rollout> greedy(Speaker speaker, List<Rollout> rollouts) {
    if (!config.advantage().estimator().wantsGreedy()) {
      return List.of();
    }
    Map<Prompt, int[]> ids = new LinkedHashMap<>();
    rollouts.forEach(row -> ids.putIfAbsent(row.completion().prompt(), row.tokens().prompt()));
    Sampling sampling = config.sampling().sampling();
    Sampling greedy = new Sampling(0, 0, 1, sampling.repetitionPenalty(), sampling.maxNewTokens());
    long[] seeds = new long[ids.size()];
    Arrays.fill(seeds, GREEDY);
    List<CompletableFuture<Completion>> whole =
        ids.keySet().stream().map(prompt -> new CompletableFuture<Completion>()).toList();
    return sample(
        speaker, List.copyOf(ids.keySet()), List.copyOf(ids.values()), seeds, greedy, whole);
  }

  /** The greedy response to each rollout's prompt, with its score. */
  private Experience.Scored baseline(List<Rollout> rollouts, List<Rollout> greedy) {
    long start = System.nanoTime();
    Scores scores = scorer.score(greedy.stream().map(Rollout::completion).toList());
    scoringNanos += System.nanoTime() - start;
    Map<Prompt, Integer> places = new HashMap<>();
    greedy.forEach(row -> places.put(row.completion().prompt(), places.size()));
    return Experience.Scored.of(greedy, scores)
        .select(rollouts.stream().map(row -> places.get(row.completion().prompt())).toList());
  }

  @Override
  public void close() {
    server.ifPresent(RolloutServer::close);
  }
}
