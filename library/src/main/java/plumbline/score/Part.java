package plumbline.score;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A part of a reward tree whose keys have been checked. */
sealed interface Part {
  /** Builds the scorer; the caller closes it. */
  Scorer build(Names names, LeafContext context);

  /** Whether a completion's score depends on nothing but the completion. */
  boolean isSteady();

  /** Whether it rewards segments. */
  boolean isDense();

  /** In the order in which they stand. */
  Stream<Leaf> leaves();

  /** The models whose tokenizers count. */
  Stream<String> tokenizers();

  /** Names of a tree's leaves and diagnostics, each once. */
  final class Names {
    private final Set<String> taken = new HashSet<>();

    /** The name itself or, where it is taken, the name with the next number. */
    String unique(String name) {
      String found = name;
      for (int number = 2; !taken.add(found); number++) {
        found = name + "_" + number;
      }
      return found;
    }
  }

  record OfLeaf(Leaf leaf) implements Part {
    @Override
    public Scorer build(Names names, LeafContext context) {
      Scorer built = leaf.build(names.unique(leaf.name()), context);
      return leaf.isAskedOnce() ? new AskedOnce(built) : built;
    }

    @Override
    public boolean isSteady() {
      return true;
    }

    @Override
    public boolean isDense() {
      return false;
    }

    @Override
    public Stream<Leaf> leaves() {
      return Stream.of(leaf);
    }

    @Override
    public Stream<String> tokenizers() {
      return leaf.tokenizer().stream();
    }
  }

  record OfNode(Nodes.Node node, List<Part> parts) implements Part {
    @Override
    public Scorer build(Names names, LeafContext context) {
      List<Scorer> built = new ArrayList<>();
      List<Integer> members = new ArrayList<>();
      try {
        for (Part part : parts) {
          if (part.leaves().count() == 1
              && part.leaves().allMatch(ScoreTree.ModelLeaf.class::isInstance)) {
            members.add(built.size());
          }
          built.add(part.build(names, context));
        }
        String name = names.unique(node.name().orElse(node.combine().label()));
        return node.scorer(name, List.copyOf(built), List.copyOf(members));
      } catch (RuntimeException e) {
        built.forEach(Scorer::close);
        throw e;
      }
    }

    @Override
    public boolean isSteady() {
      return node.combine() != Nodes.Combine.LAGRANGIAN && parts.stream().allMatch(Part::isSteady);
    }

    @Override
    public boolean isDense() {
      return node.combine() == Nodes.Combine.SEGMENTS || parts.stream().anyMatch(Part::isDense);
    }

    @Override
    public Stream<Leaf> leaves() {
      return parts.stream().flatMap(Part::leaves);
    }

    @Override
    public Stream<String> tokenizers() {
      return parts.stream().flatMap(Part::tokenizers);
    }
  }

  record OfShaper(Part inner, Shaper shaper) implements Part {
    @Override
    public Scorer build(Names names, LeafContext context) {
      Scorer built = inner.build(names, context);
      try {
        return shaper.over(built, context);
      } catch (RuntimeException e) {
        built.close();
        throw e;
      }
    }

    @Override
    public boolean isSteady() {
      return shaper.isSteady() && inner.isSteady();
    }

    @Override
    public boolean isDense() {
      return inner.isDense();
    }

    @Override
    public Stream<Leaf> leaves() {
      return inner.leaves();
    }

    @Override
    public Stream<String> tokenizers() {
      return Stream.concat(inner.tokenizers(), shaper.tokenizer().stream());
    }
  }
}
