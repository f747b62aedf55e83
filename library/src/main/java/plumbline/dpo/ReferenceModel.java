package plumbline.dpo;

import plumbline.InputException;
import plumbline.model.Transformer;

/** What another model must be to be a policy's reference. */
public final class ReferenceModel {
  private ReferenceModel() {}

  /**
   * Refuses a reference that counts tokens otherwise.
   *
   * @param key what the reference is called in the configuration
   */
  public static void checkVocabulary(String key, Transformer policy, Transformer reference) {
    int wanted = policy.config().vocabularySize();
    int found = reference.config().vocabularySize();
    if (found != wanted) {
      throw new InputException(
          key
              + " has a vocabulary of "
              + found
              + " tokens and the policy of "
              + wanted
              + "; wanted a model with the policy's tokenizer");
    }
  }
}
