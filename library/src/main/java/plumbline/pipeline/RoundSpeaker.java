package plumbline.pipeline;

import java.util.List;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.dpo.OnlineDpoConfig.Opponent;
import plumbline.model.Generator;
import plumbline.model.Sampling;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.ppo.RolloutMismatch;
import plumbline.rollout.RolloutServer;
import plumbline.rollout.RolloutServerConfig;
import plumbline.train.Logprobs;
import plumbline.train.Rollout;

/** Who draws a round's responses: copies of its models, or a server. */
interface RoundSpeaker extends AutoCloseable {
  int ROWS_PER_BATCH = 64;

  /** Responses of the policy, or of its opponent. */
  Rollout.Source source(Opponent who, double temperature);

  /**
   * Checks that the model drew these.
   *
   * @throws plumbline.InputException if it cannot have been that model
   */
  void check(Opponent who, double temperature, List<Rollout> drawn);

  @Override
  void close();

  /** The speaker of a round. */
  static RoundSpeaker of(
      int round, RoundModels models, OnlineDpoConfig config, StageContext context) {
    return config
        .rolloutServer()
        .<RoundSpeaker>map(keys -> new Served(round, models, config, keys, context))
        .orElseGet(() -> new Local(models, config));
  }

  private static Sampling sampling(OnlineDpoConfig config, double temperature) {
    Sampling keys = config.sampling().sampling();
    return new Sampling(
        temperature, keys.topK(), keys.topP(), keys.repetitionPenalty(), keys.maxNewTokens());
  }

  /** Copies of the models. */
  final class Local implements RoundSpeaker {
    private final OnlineDpoConfig config;
    private final int end;
    private final Transformer policy;
    private final Transformer reference;

    private Local(RoundModels models, OnlineDpoConfig config) {
      this.config = config;
      this.end = models.text().endOfTurnId();
      this.policy = config.sampling().copyOf(models.policy());
      this.reference = config.sampling().copyOf(models.start());
    }

    @Override
    public Rollout.Source source(Opponent who, double temperature) {
      Sampling sampling = sampling(config, temperature);
      Generator generator =
          switch (who) {
            case POLICY -> new Generator(policy, sampling, end, ROWS_PER_BATCH);
            case REFERENCE -> new Generator(reference, sampling, end, ROWS_PER_BATCH);
            case MIXTURE ->
                Generator.ofMixture(
                    policy, reference, config.mixture(), sampling, end, ROWS_PER_BATCH);
          };
      return generator::draw;
    }

    @Override
    public void check(Opponent who, double temperature, List<Rollout> drawn) {
      // They were drawn here.
    }

    @Override
    public void close() {
      policy.close();
      reference.close();
    }
  }

  /** A server, which gets the policy as it is in this round. */
  final class Served implements RoundSpeaker {
    private final int round;
    private final RoundModels models;
    private final OnlineDpoConfig config;
    private final RolloutServerConfig keys;
    private final RolloutServer server;

    private Served(
        int round,
        RoundModels models,
        OnlineDpoConfig config,
        RolloutServerConfig keys,
        StageContext context) {
      this.round = round;
      this.models = models;
      this.config = config;
      this.keys = keys;
      this.server =
          new RolloutServer(
              keys, models.text().endOfTurnId(), context.run().path(), System.getenv());
    }

    private Transformer model(Opponent who) {
      return who == Opponent.POLICY ? models.policy() : models.start();
    }

    @Override
    public Rollout.Source source(Opponent who, double temperature) {
      server.follow(model(who), round);
      int vocabulary = models.policy().config().vocabularySize();
      return server.source(vocabulary, sampling(config, temperature));
    }

    /** Greedy responses say nothing: what they are drawn from is no distribution. */
    @Override
    public void check(Opponent who, double temperature, List<Rollout> drawn) {
      boolean raw = keys.logprobs() == RolloutServerConfig.LogprobsOf.RAW;
      if (!raw && temperature == 0) {
        return;
      }
      List<TokenizedRow> rows = drawn.stream().map(Rollout::tokens).toList();
      List<float[]> own =
          Logprobs.perToken(model(who), rows, config.pairsPerMicroBatch(), raw ? 1 : temperature);
      server.check(new RolloutMismatch(drawn.stream().map(Rollout::logprobs).toList(), own).gap());
    }

    @Override
    public void close() {
      server.close();
    }
  }
}
