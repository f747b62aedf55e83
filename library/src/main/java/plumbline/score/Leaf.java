package plumbline.score;

import java.util.List;
import java.util.Optional;

/**
 * A leaf of a reward tree whose keys have been checked: a configuration record that knows how to
 * build its scorer.
 */
public interface Leaf {
  /** What metrics call it; where leaves share a name, all but the first get a number. */
  String name();

  /**
   * Builds the scorer; the caller closes it.
   *
   * @param unique the leaf's name in its tree, the key of its raw scores
   */
  Scorer build(String unique, LeafContext context);

  /** Checks what needs more than the keys, a class on the class path for example. */
  default void check() {}

  /** The model whose tokenizer it counts with. */
  default Optional<String> tokenizer() {
    return Optional.empty();
  }

  /**
   * Whether only the first of several processes asks it: what a server, a judge or other people's
   * code says may cost something and differ from call to call.
   */
  default boolean isAskedOnce() {
    return false;
  }

  /** The language models that it asks. */
  default List<String> languageModels() {
    return List.of();
  }
}
