package plumbline.pipeline;

import java.util.List;
import java.util.Optional;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.Completion;
import plumbline.model.SharedBases;
import plumbline.score.BestOfN;
import plumbline.score.Scorer;
import plumbline.score.Scores;

/** The keys of best-of-n sampling. */
record BestOfKeys(
    @Key(def = "1", min = 1, doc = "answers sampled to each prompt, of which the best counts")
        int n,
    @Key(def = "", form = "score", doc = "the reward tree that chooses; without it 'score'")
        Optional<ConfigTree> score) {

  void check(String key, Plan plan) {
    score.ifPresent(tree -> plan.checkScore(key + ".score", tree));
  }

  /** Who chooses: {@code otherwise} without a tree of its own. The caller closes it. */
  Scorer judge(Scorer otherwise, StageContext context, SharedBases bases) {
    return score.map(tree -> context.scorer(tree, bases)).orElseGet(() -> new Borrowed(otherwise));
  }

  /** Somebody else's scorer, who closes it. */
  private record Borrowed(Scorer scorer) implements Scorer {
    @Override
    public Scores score(List<Completion> completions) {
      return scorer.score(completions);
    }
  }

  /** How far the choice takes a model's answers from its own, in nats. */
  double divergence() {
    return BestOfN.divergence(n);
  }
}
