package plumbline.dpo;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/**
 * What the losses of pairs are made of.
 *
 * @param h float[B], the margin under the configured divergence
 * @param target float[B], how surely the chosen response is the better one
 * @param margin float[B], in units of reward
 * @param rewardMean the running mean of rewards, for {@link PairObjective#BCO}
 * @param contest the same responses by who sampled them, only for what {@link
 *     PairObjective#wantsOpponent}
 */
record PairTerms(
    PairLogprobs pair,
    Tensor h,
    Tensor target,
    Tensor margin,
    double rewardMean,
    Supplier<Contest> contest) {}
