package plumbline.score;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.data.Completion;

/** A Java class of the user's: {@link Rule}. */
record RuleLeaf(
    @Key(doc = "the full name of a class that implements plumbline.score.Rule") String rule,
    @Key(def = "", doc = "what its constructor gets, a map of texts") Map<String, String> options,
    @Key(def = "rule", doc = "what metrics call it") String name,
    @Key CallLimits calls)
    implements Leaf {

  @Override
  public void check() {
    constructor(load());
  }

  @Override
  public boolean isAskedOnce() {
    return true;
  }

  @Override
  public Scorer build(String unique, LeafContext context) {
    return new RuleScorer(unique, newRule(), new Calls("rule " + rule, calls));
  }

  private Class<? extends Rule> load() {
    ClassLoader loader =
        Optional.ofNullable(Thread.currentThread().getContextClassLoader())
            .orElse(RuleLeaf.class.getClassLoader());
    try {
      Class<?> found = Class.forName(rule, false, loader);
      if (!Rule.class.isAssignableFrom(found)) {
        throw new InputException("rule: " + rule + " does not implement " + Rule.class.getName());
      }
      return found.asSubclass(Rule.class);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new InputException(
          "rule: there is no class '"
              + rule
              + "' on the class path; put its folder or jar into PLUMBLINE_CLASSPATH and write its"
              + " full name, package included",
          e);
    }
  }

  /** The one with options; where none are given, the one without will do. */
  private Constructor<? extends Rule> constructor(Class<? extends Rule> type) {
    try {
      return type.getConstructor(Map.class);
    } catch (NoSuchMethodException withOptions) {
      if (!options.isEmpty()) {
        throw new InputException(
            "rule: %s takes no options (it has no public constructor with a Map), found %s"
                .formatted(rule, options.keySet()),
            withOptions);
      }
    }
    try {
      return type.getConstructor();
    } catch (NoSuchMethodException e) {
      throw new InputException(
          "rule: "
              + rule
              + " has neither a public constructor without parameters nor one with a Map",
          e);
    }
  }

  private Rule newRule() {
    Constructor<? extends Rule> constructor = constructor(load());
    try {
      return constructor.getParameterCount() == 0
          ? constructor.newInstance()
          : constructor.newInstance(options);
    } catch (InvocationTargetException e) {
      throw new InputException("rule: " + rule + " cannot start: " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new InputException("rule: " + rule + " is no public class that can be made: " + e, e);
    }
  }

  private record RuleScorer(String name, Rule rule, Calls calls) implements Scorer {
    @Override
    public Scores score(List<Completion> completions) {
      double[] found = completions.stream().mapToDouble(this::score).toArray();
      return calls.scores(name, found);
    }

    private double score(Completion completion) {
      Optional<Double> score = calls.call(() -> rule.score(completion));
      score.filter(given -> !Double.isFinite(given)).ifPresent(g -> calls.failed("it gave " + g));
      return score.filter(Double::isFinite).orElse(Double.NaN);
    }

    @Override
    public void close() {
      calls.close();
    }
  }
}
