package plumbline.pipeline;

import java.util.List;
import java.util.stream.IntStream;
import plumbline.data.Prompt;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.dpo.OnlineDpoConfig.Opponent;
import plumbline.dpo.PairRule;
import plumbline.dpo.TokenPair;
import plumbline.train.Progress;
import plumbline.train.Rollout;

/**
 * The responses of a round, those to one prompt side by side: the policy's, and behind them as many
 * of its opponent, if it has one.
 *
 * @param rollouts of all prompts
 * @param group responses to a prompt
 * @param own how many of them are the policy's
 */
record RoundAnswers(List<Rollout> rollouts, int group, int own) {
  /** Samples responses to all prompts. */
  static RoundAnswers sample(
      int round,
      RoundModels models,
      List<Prompt> prompts,
      OnlineDpoConfig config,
      StageContext context) {
    int group = config.samplesPerPrompt();
    int own = config.opponent() == Opponent.POLICY ? group : group / 2;
    Rollout[] all = new Rollout[prompts.size() * group];
    List<int[]> ids = prompts.stream().map(models.text()::prompt).toList();
    int temperatures = Math.min(config.temperatures().size(), own);
    int sides = group / own;
    try (Progress.Task task =
            context.progress().start("round " + round + ": answers", (long) sides * temperatures);
        RoundSpeaker speaker = RoundSpeaker.of(round, models, config, context)) {
      for (int part = 0; part < sides * temperatures; part++) {
        int side = part / temperatures;
        int temperature = part % temperatures;
        int[] rows =
            IntStream.range(0, all.length)
                .filter(row -> row % group / own == side)
                .filter(row -> row % group % own % config.temperatures().size() == temperature)
                .toArray();
        Opponent who = side == 0 ? Opponent.POLICY : config.opponent();
        List<Rollout> sampled =
            Rollout.sample(
                speaker.source(who, config.temperatures().get(temperature)),
                models.text(),
                IntStream.of(rows).mapToObj(row -> prompts.get(row / group)).toList(),
                IntStream.of(rows).mapToObj(row -> ids.get(row / group)).toList(),
                IntStream.of(rows)
                    .mapToLong(row -> Rollout.seed(context.seed(), round, row))
                    .toArray());
        speaker.check(who, config.temperatures().get(temperature), sampled);
        for (int i = 0; i < rows.length; i++) {
          all[rows[i]] = sampled.get(i);
        }
        task.step("");
      }
    }
    return new RoundAnswers(List.of(all), group, own);
  }

  /** The rows that the policy sampled. */
  int[] ownRows() {
    return IntStream.range(0, rollouts.size()).filter(this::isOwn).toArray();
  }

  boolean isOwn(int row) {
    return row % group < own;
  }

  boolean haveOpponent() {
    return own < group;
  }

  /** Which of a pair of one prompt's responses the opponent sampled, if it sampled just one. */
  TokenPair.Opponent opponent(PairRule.Pair pair) {
    if (isOwn(pair.chosen()) == isOwn(pair.rejected())) {
      return TokenPair.Opponent.NONE;
    }
    return isOwn(pair.chosen()) ? TokenPair.Opponent.REJECTED : TokenPair.Opponent.CHOSEN;
  }
}
