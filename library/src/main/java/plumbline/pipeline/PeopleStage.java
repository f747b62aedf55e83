package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.annotation.GroupStudy;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.MergedRanking;
import plumbline.annotation.VoteFiles;
import plumbline.annotation.VoteTies;
import plumbline.annotation.VotedItem;
import plumbline.config.Key;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.clinic.Annotator;
import plumbline.data.format.RowFiles;
import plumbline.eval.Bootstrap;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.WeightFormat;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/**
 * A study with people: groups rank the answers of several models, each group answers sampled anew,
 * and their votes are merged into points. People's votes are read from files; on the built-in world
 * simulated people can vote instead, which the results say.
 */
final class PeopleStage {
  /** The keys of a study with people. */
  record Config(
      @Key(
              def = "",
              doc = "the models whose answers simulated people rank: {name: a stage or a folder}")
          Map<String, String> models,
      @Key(def = "", doc = "the prompts that they answer: an earlier stage or a folder")
          Optional<String> data,
      @Key(
              def = "",
              doc =
                  "instead of models: each group's votes, files as 'label merge' reads them, by the"
                      + " group's name")
          Map<String, Path> votes,
      @Key(def = "tideman", doc = "how an item's votes are merged") MergeMethod method,
      @Key(def = "half", doc = "a tie within a vote: half for each, or to the one shown first")
          VoteTies ties,
      @Key(def = "3", min = 1, doc = "groups of simulated people, each with its own answers")
          int groups,
      @Key(def = "4", min = 1, doc = "simulated people of each group") int people,
      @Key(def = "0.1", min = 0, doc = "their noise, in units of the quality, which is in [0, 1]")
          double temperature,
      @Key(def = "0.0", min = 0, max = 0.99, doc = "chance that they swap two neighbours")
          double flip,
      @Key(def = "0.05", min = 0, doc = "qualities no further apart than this are a tie")
          double tie,
      @Key(
              def = "",
              doc = "how the models' blocks are kept; without it in the precision of --dtype")
          Optional<WeightFormat> weights,
      @Key(def = "20", min = 2, doc = "most prompts") int prompts,
      @Key(def = "192", min = 1, doc = "longest prompt in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      if (votes.isEmpty() == models.isEmpty()) {
        throw new IllegalArgumentException(
            "wanted either 'votes', files of people's votes by group, or 'models', whose answers"
                + " simulated people of the built-in world rank");
      }
      if (models.size() == 1) {
        throw new IllegalArgumentException("'models' names one model, wanted two or more to rank");
      }
      if (!models.isEmpty() && data.isEmpty()) {
        throw new IllegalArgumentException("'data' is missing: the prompts that the models answer");
      }
    }

    int longestRow() {
      return maxPromptTokens + sampling.maxNewTokens();
    }
  }

  private PeopleStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    config.data().ifPresent(data -> plan.checkData(data, "prompts", "test"));
    config
        .models()
        .forEach(
            (name, model) ->
                plan.checkContext(
                    plan.context("models." + name, model, Plan.Kind.LANGUAGE_MODEL),
                    config.longestRow()));
    config.votes().forEach((name, file) -> plan.checkFile("votes." + name, file.toString()));
    if (!config.models().isEmpty()) {
      plan.offer(JudgedPairs.FOLDER, Plan.Made.data(Set.of(JudgedPairs.ROWS)));
    }
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    boolean simulated = config.votes().isEmpty();
    Map<String, Path> files = simulated ? simulated(config, context) : config.votes();
    Map<String, List<VotedItem>> votes = new LinkedHashMap<>();
    files.forEach(
        (group, file) -> {
          context.run().readsData(file);
          votes.put(group, VoteFiles.read(file));
        });
    GroupStudy study;
    try {
      study = GroupStudy.of(votes, config.method(), config.ties(), new Bootstrap(context.seed()));
    } catch (IllegalArgumentException e) {
      throw new InputException("votes: " + e.getMessage(), e);
    }
    ObjectNode summary = new ObjectMapper().createObjectNode();
    PeopleExhibits.put(study, simulated, summary);
    context.run().summary(summary);
    context.run().exhibits(PeopleExhibits.of(study, simulated, config.method()));
  }

  /** The files of votes of simulated people, by group. */
  private static Map<String, Path> simulated(Config config, StageContext context) {
    List<Prompt> prompts =
        context.rows(config.data().orElseThrow(), "prompts.test.jsonl", RowFiles::readPrompts);
    prompts = prompts.subList(0, Math.min(prompts.size(), config.prompts()));
    Map<String, List<Rollout>> answers = answers(config, prompts, context);
    SimulatedGroups people =
        new SimulatedGroups(
            config.people(),
            new Annotator(config.temperature(), config.flip(), 0),
            config.tie(),
            context.seed());
    Map<String, Path> files = new LinkedHashMap<>();
    List<RankedResponses> rankings = new ArrayList<>();
    for (int group = 0; group < config.groups(); group++) {
      String name = "group-" + (group + 1);
      Path file = context.run().path().resolve("votes." + name + ".jsonl");
      List<SimulatedGroups.Item> items = items(name, group, config.groups(), answers);
      people.write(name, items, file);
      files.put(name, file);
      List<MergedRanking> merged =
          VoteFiles.read(file).stream()
              .map(item -> config.method().merge(item, config.ties()))
              .toList();
      rankings.addAll(SimulatedGroups.rankings(items, merged));
    }
    JudgedPairs.write(context.run().path(), rankings);
    return files;
  }

  /** What a group sees: every {@code groups}-th answer from its own number on. */
  private static List<SimulatedGroups.Item> items(
      String name, int group, int groups, Map<String, List<Rollout>> answers) {
    List<Rollout> first = answers.values().iterator().next();
    List<SimulatedGroups.Item> items = new ArrayList<>();
    for (int i = group; i < first.size(); i += groups) {
      int row = i;
      Map<String, String> texts = new LinkedHashMap<>();
      answers.forEach((model, all) -> texts.put(model, all.get(row).completion().response()));
      items.add(
          new SimulatedGroups.Item(
              name + "-" + i / groups, first.get(i).completion().prompt(), texts));
    }
    return items;
  }

  /** Of each model one answer for each group to each prompt, a prompt's side by side. */
  private static Map<String, List<Rollout>> answers(
      Config config, List<Prompt> prompts, StageContext context) {
    List<Prompt> repeated =
        prompts.stream()
            .flatMap(prompt -> IntStream.range(0, config.groups()).mapToObj(i -> prompt))
            .toList();
    Map<String, List<Rollout>> answers = new LinkedHashMap<>();
    try (SharedBases bases = new SharedBases()) {
      config
          .models()
          .forEach(
              (name, folder) -> {
                try (TextModel model =
                    TextModel.load(context.model(folder), Head.LANGUAGE, config.weights(), bases)) {
                  TrainStages.checkContext(model, config.longestRow());
                  answers.put(
                      name,
                      TrainStages.sample(
                          "answers of " + name,
                          model,
                          repeated,
                          config.sampling(),
                          config.maxPromptTokens(),
                          context));
                }
              });
    }
    if (answers.values().stream().map(List::size).distinct().count() > 1) {
      throw new InputException(
          "some prompts are too long for one of the models and not for another; raise"
              + " max_prompt_tokens");
    }
    return answers;
  }
}
