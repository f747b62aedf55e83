package plumbline.dpo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.TokenizedRow;
import plumbline.score.RewardModelScorer;
import plumbline.score.Scorer;
import plumbline.score.Scores;
import plumbline.train.Logprobs;

/**
 * The reward that a policy trained on preferences stands for: r(x, y) = beta log pi(y|x) /
 * ref(y|x), up to a number per prompt that no comparison sees (Rafailov et al. 2023,
 * arXiv:2305.18290, equation 5). Without a reference beta log pi(y|x). The response's end token is
 * included whether or not a policy wrote it, as in training.
 */
final class ImplicitReward implements Scorer {
  private static final int ROWS_PER_BATCH = 32;

  private final String name;
  private final ImplicitLeaf keys;
  private final TextModel policy;
  private final Optional<TextModel> reference;
  private long truncated;

  /**
   * Reads the models' folders.
   *
   * @param name the leaf's name in metrics
   * @throws InputException if the reference's vocabulary is not the policy's
   */
  ImplicitReward(
      String name, Path policy, Optional<Path> reference, ImplicitLeaf keys, SharedBases bases) {
    this.name = name;
    this.keys = keys;
    this.policy = load(policy, bases);
    try {
      this.reference = reference.map(folder -> load(folder, bases));
    } catch (RuntimeException e) {
      this.policy.close();
      throw e;
    }
    try {
      this.reference.ifPresent(
          found ->
              ReferenceModel.checkVocabulary(
                  "reference", this.policy.transformer(), found.transformer()));
    } catch (InputException e) {
      close();
      throw e;
    }
  }

  private TextModel load(Path folder, SharedBases bases) {
    return TextModel.load(folder, Head.LANGUAGE, keys.weights(), bases);
  }

  @Override
  public Scores score(List<Completion> completions) {
    List<TokenizedRow> rows = rows(completions);
    double[] rewards = logprobs(policy, rows);
    reference.ifPresent(
        model -> {
          double[] before = logprobs(model, rows);
          Arrays.setAll(rewards, i -> rewards[i] - before[i]);
        });
    Arrays.setAll(
        rewards,
        i -> {
          boolean mean = keys.logprobs() == ResponseLogprob.MEAN;
          return keys.beta() * rewards[i] / (mean ? rows.get(i).response().length : 1);
        });
    return new Scores(rewards, Map.of(name, rewards));
  }

  private static double[] logprobs(TextModel model, List<TokenizedRow> rows) {
    return Logprobs.ofResponses(model.transformer(), rows, ROWS_PER_BATCH);
  }

  private List<TokenizedRow> rows(List<Completion> completions) {
    int context = context(policy);
    if (reference.isPresent()) {
      context = Math.min(context, context(reference.get()));
    }
    List<TokenizedRow> rows = new ArrayList<>();
    for (Completion completion : completions) {
      RewardModelScorer.Fitted fitted =
          RewardModelScorer.fitted(policy.text(), completion, context);
      truncated += fitted.cut() ? 1 : 0;
      rows.add(fitted.row());
    }
    return rows;
  }

  private static int context(TextModel model) {
    return model.transformer().config().maxPositions();
  }

  @Override
  public long truncated() {
    return truncated;
  }

  /** The number of conversations cut, so that a run that goes on reports all of them. */
  @Override
  public JsonNode state() {
    return truncated == 0 ? NullNode.getInstance() : LongNode.valueOf(truncated);
  }

  @Override
  public void restore(JsonNode state) {
    if (!state.isNull() && !state.isIntegralNumber()) {
      throw new InputException(
          "the checkpoint's state of '" + name + "' is that of another scorer: " + state);
    }
    truncated = state.asLong();
  }

  @Override
  public void close() {
    policy.close();
    reference.ifPresent(TextModel::close);
  }
}
