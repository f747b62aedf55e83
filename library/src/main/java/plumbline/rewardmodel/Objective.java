package plumbline.rewardmodel;

import java.util.List;
import java.util.Map;

/** Something that one output of a reward model learns, with its rows. */
interface Objective {
  /** Rows to train on in an epoch. */
  int rows();

  /**
   * Adds the gradients of one update's weighted loss.
   *
   * @param indices of the update's rows
   * @param seed that of dropout
   */
  Update accumulate(int[] indices, long seed);

  /** The texts of these rows, each with its prompt, as tokens. */
  List<int[]> texts(int[] indices);

  /** Whether there are rows to be measured on. */
  boolean hasHeldOut();

  /** How the weights as they are do on the held-out rows. */
  Measurement measure();

  /**
   * What an update saw.
   *
   * @param loss weighted, before the step
   * @param responses that passed through the model
   * @param tokens of those
   * @param metrics by name
   */
  record Update(double loss, int responses, int tokens, Map<String, Double> metrics) {}
}
