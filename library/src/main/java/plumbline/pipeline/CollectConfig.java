package plumbline.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.collect.Funnel;
import plumbline.collect.InventedPrompts;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.config.Nearest;
import plumbline.judge.Judges;
import plumbline.judge.RemoteConfig;
import plumbline.model.WeightFormat;
import plumbline.train.SamplingConfig;

/** The keys of {@code plumbline collect}. */
record CollectConfig(
    @Key(doc = "prompts.train.jsonl: an earlier stage or a folder") String data,
    @Key(
            def = "category",
            doc =
                "the key of the prompts' meta by which they are balanced and judged; 'rule' to go"
                    + " by the words of the question")
        String category,
    @Key(def = "", doc = "new prompts made of those of the data ({writer: NAME}); none without it")
        Optional<InventedPrompts.Keys> invent,
    @Key(doc = "the models that answer, by name") Map<String, WriterKeys> writers,
    @Key(doc = "the writer that is to be improved") String ours,
    @Key(doc = "the writer that shows which prompts are hard for it") String strong,
    @Key(form = "score", doc = "the reward tree that says how hard a prompt is") ConfigTree proxy,
    @Key(
            form = "judge_or_file",
            doc = "who rates: judges as of eval judge, each its keys or a YAML file")
        List<ConfigTree> judges,
    @Key Funnel.Keys funnel,
    @Key(def = "", doc = "people label what is left ({} for the defaults); without it nobody does")
        Optional<People> people,
    @Key(
            def = "true",
            doc = "whether all training sets have as many pairs as the smallest, drawn by lot")
        boolean sameNumber,
    @Key(def = "", min = 0, doc = "most USD that all models elsewhere may cost together")
        OptionalDouble budget,
    @Key(def = "", doc = "file of what was paid for; without it cache.jsonl in the stage's folder")
        Optional<Path> cache) {

  /** The keys of a model that answers. */
  record WriterKeys(
      @Key(def = "", doc = "a model of this machine: an earlier stage, a run or a folder")
          Optional<String> model,
      @Key(def = "", doc = "a model elsewhere: endpoint, model, key_env, ... as of a remote judge")
          Optional<RemoteConfig> remote,
      @Key(def = "1", doc = "its place in the order of models, the higher the stronger")
          int strength,
      @Key(def = "1", min = 0, doc = "answers to each hard prompt") int samples,
      @Key(def = "", doc = "how its weights are kept; without it in the precision of --dtype")
          Optional<WeightFormat> weights,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones get no answer")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    WriterKeys {
      if (model.isPresent() == remote.isPresent()) {
        throw new IllegalArgumentException("wanted one of 'model' and 'remote'");
      }
    }

    int longestRow() {
      return maxPromptTokens + sampling.maxNewTokens();
    }
  }

  /** The keys of people's part. */
  record People(
      @Key(def = "3", min = 1, doc = "people who are asked the same") int overlap,
      @Key(def = "", doc = "pairs whose order is beyond doubt: an earlier stage or a folder")
          Optional<String> known,
      @Key(def = "0", min = 0, doc = "of those, tasks among the others that tell who does not look")
          int knownTasks,
      @Key(def = "0.7", min = 0, max = 1, doc = "share of the known tasks that a person must get")
          double knownRight,
      @Key(def = "2", min = 1, doc = "votes without which a pair has no label") int leastVotes,
      @Key(
              def = "0.6",
              min = 0.5,
              max = 1,
              doc = "share of the votes, ties as half, without which a pair has no label")
          double agreement,
      @Key(def = "", doc = "file with the votes, as 'label merge' reads them") Optional<Path> votes,
      @Key(def = "", doc = "people of the built-in world who vote instead, by name")
          Map<String, Person> simulated) {
    People {
      if (votes.isPresent() == !simulated.isEmpty()) {
        throw new IllegalArgumentException(
            "wanted one of 'votes', a file, and 'simulated', people of the built-in world");
      }
      if (knownTasks > 0 && known.isEmpty()) {
        throw new IllegalArgumentException("'known_tasks' wants 'known': the pairs to take");
      }
      if (!simulated.isEmpty() && simulated.size() < overlap) {
        throw new IllegalArgumentException(
            "'overlap' is " + overlap + ", but there are " + simulated.size() + " people");
      }
    }
  }

  /** The keys of a simulated person. */
  record Person(
      @Key(
              def = "0",
              min = 0,
              doc = "noise on comparisons, in units of the quality, which is in [0, 1]")
          double temperature,
      @Key(def = "0", min = 0, max = 0.99, doc = "share of the votes that are turned round")
          double flip,
      @Key(def = "0.05", min = 0, doc = "qualities no further apart than this are a tie")
          double tie) {}

  CollectConfig {
    if (judges.isEmpty()) {
      throw new IllegalArgumentException("'judges' names no judge");
    }
    invent.ifPresent(keys -> require("invent.writer", keys.writer(), writers));
    require("ours", ours, writers);
    require("strong", strong, writers);
    if (writers.get(strong).strength() <= writers.get(ours).strength()) {
      throw new IllegalArgumentException(
          "'strong' (%s) has the strength %d, wanted more than that of 'ours' (%s), %d"
              .formatted(
                  strong, writers.get(strong).strength(), ours, writers.get(ours).strength()));
    }
    if (writers.values().stream().mapToInt(WriterKeys::samples).sum() < 2) {
      throw new IllegalArgumentException("the writers give fewer than two 'samples' of a prompt");
    }
  }

  private static void require(String key, String name, Map<String, WriterKeys> writers) {
    if (!writers.containsKey(name)) {
      throw new IllegalArgumentException(
          "'"
              + key
              + "' is '"
              + name
              + "', which is no writer"
              + Nearest.hint(name, writers.keySet()));
    }
  }

  /** Every judge's keys. */
  List<ConfigTree> judgeTrees() {
    return judges.stream().map(tree -> tree.isMap() ? tree : Judges.tree(tree.text())).toList();
  }

  /** Checks the judges' keys. */
  void checkJudges() {
    for (ConfigTree tree : judgeTrees()) {
      Judges.check(tree);
      if (tree.has("rule") || (tree.has("score") && !tree.has("stars"))) {
        throw tree.error("this judge only compares; wanted one that rates from 1 to 5");
      }
    }
  }
}
