package plumbline.collect;

import plumbline.data.Prompt;

/**
 * A prompt that two models have answered.
 *
 * @param ours what the model to be improved says
 * @param strong what the stronger model says
 * @param oursScore the proxy reward of {@code ours}
 * @param strongScore the proxy reward of {@code strong}
 * @param lost why there are no scores; empty if there are
 */
record HardPrompt(
    String id,
    long row,
    Prompt prompt,
    String ours,
    String strong,
    double oursScore,
    double strongScore,
    String lost) {
  double gain() {
    return strongScore - oursScore;
  }

  PoolPrompt asked() {
    return new PoolPrompt(id, row, prompt);
  }
}
