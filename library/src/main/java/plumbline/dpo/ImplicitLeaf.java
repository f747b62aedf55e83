package plumbline.dpo;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.model.WeightFormat;
import plumbline.score.Leaf;
import plumbline.score.LeafContext;
import plumbline.score.Scorer;

/** A policy that was trained on preferences as a reward model: {@link ImplicitReward}. */
public record ImplicitLeaf(
    @Key(doc = "the policy trained on preferences: a folder, a run, or an earlier stage")
        String implicit,
    @Key(doc = "the model before that training, likewise, or none (for simpo, cpo and orpo)")
        String reference,
    @Key(def = "0.1", doc = "factor of the log-ratio, as in training") double beta,
    @Key(def = "sum", doc = "of the tokens' log-probs the sum or the mean, as in training")
        ResponseLogprob logprobs,
    @Key(def = "implicit", doc = "what metrics call it") String name,
    @Key(def = "", doc = "how the weights are kept; without it in the precision of --dtype")
        Optional<WeightFormat> weights)
    implements Leaf {
  private static final String NONE = "none";

  public ImplicitLeaf {
    if (!(beta > 0)) {
      throw new IllegalArgumentException("beta is " + beta + ", wanted above 0");
    }
  }

  @Override
  public void check() {
    if (logprobs == ResponseLogprob.LD) {
      throw new InputException(
          "logprobs: ld compares the two responses of a pair, a score sees one; wanted sum or mean");
    }
  }

  private Optional<String> otherModel() {
    return Optional.of(reference).filter(model -> !model.equals(NONE));
  }

  @Override
  public List<String> languageModels() {
    return Stream.concat(Stream.of(implicit), otherModel().stream()).toList();
  }

  @Override
  public Scorer build(String unique, LeafContext context) {
    return new ImplicitReward(
        unique,
        context.models().apply(implicit),
        otherModel().map(context.models()),
        this,
        context.bases());
  }
}
