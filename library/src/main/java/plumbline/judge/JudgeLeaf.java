package plumbline.judge;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.score.CallLimits;
import plumbline.score.Calls;
import plumbline.score.Leaf;
import plumbline.score.LeafContext;
import plumbline.score.Scorer;

/** A judge's ratings as a leaf of a reward tree: {@link JudgeScorer}. */
public record JudgeLeaf(
    @Key(
            form = "judge_or_file",
            doc =
                "a judge that rates, with 'endpoint' or 'model' as its YAML file has it, or the"
                    + " file")
        ConfigTree judge,
    @Key(def = "", min = 0, doc = "never spend more USD in a run; without it there is no limit")
        OptionalDouble budget,
    @Key(def = "", doc = "file that keeps the ratings, so that none is paid twice")
        Optional<Path> cache,
    @Key(
            def = "0.1",
            min = 0,
            max = 0.99,
            doc =
                "the run stops where a greater share of the rows of one scoring has no rating;"
                    + " below it these rows get the mean of the others")
        double maxErrorRate,
    @Key(def = "judge", doc = "what metrics call it") String name)
    implements Leaf {

  @Override
  public void check() {
    ConfigTree keys = keys();
    if (keys.has("endpoint")) {
      keys.bind(RemoteConfig.class);
    } else if (keys.has("model")) {
      keys.bind(LocalJudge.Keys.class);
    } else {
      throw new InputException(
          "judge: wanted one that rates a response by itself, with 'endpoint' or 'model'; rules and"
              + " scores only compare");
    }
  }

  private ConfigTree keys() {
    return judge.isMap() ? judge : Config.read(Path.of(judge.text()));
  }

  @Override
  public List<String> languageModels() {
    ConfigTree keys = keys();
    return keys.has("endpoint") ? List.of() : List.of(keys.get("model").text());
  }

  @Override
  public boolean isAskedOnce() {
    return true;
  }

  @Override
  public Scorer build(String unique, LeafContext context) {
    Judges judges =
        new Judges(System.getenv(), context.models(), context.bases(), new Budget(budget));
    Judge made = judges.of(keys());
    try {
      Calls calls = new Calls("judge " + made.name(), new CallLimits(1, 1, 0, maxErrorRate));
      return new JudgeScorer(unique, cache.map(file -> kept(made, file)).orElse(made), calls);
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  private static Judge kept(Judge judge, Path file) {
    return CachedJudge.owning(judge, VerdictCache.open(file));
  }
}
