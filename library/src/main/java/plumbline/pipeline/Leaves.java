package plumbline.pipeline;

import java.util.List;
import java.util.stream.Stream;
import plumbline.dpo.ImplicitLeaf;
import plumbline.judge.Judges;
import plumbline.score.LeafKind;

/** Kinds of leaves of reward trees besides those that {@code score} has itself. */
public final class Leaves {
  public static final List<LeafKind> ALL =
      Stream.concat(Judges.LEAVES.stream(), Stream.of(new LeafKind("implicit", ImplicitLeaf.class)))
          .toList();

  private Leaves() {}
}
