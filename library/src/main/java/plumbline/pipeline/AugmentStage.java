package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.config.Key;
import plumbline.data.AtomicFile;
import plumbline.data.Kind;
import plumbline.data.Prompt;
import plumbline.data.RatedResponse;
import plumbline.data.clean.TextLanguage;
import plumbline.data.format.RowFiles;
import plumbline.data.prepare.LabelWeights;
import plumbline.model.Head;
import plumbline.model.SentenceEmbedder;
import plumbline.model.TextModel;
import plumbline.rewardmodel.Augmentation;
import plumbline.train.Rollout;
import plumbline.train.SamplingConfig;

/** A data set with more ratings where it has few: a model says such replies in other words. */
final class AugmentStage {
  static final String REPLY = "{reply}";
  private static final String RATINGS = "ratings.train.jsonl";
  private static final List<String> SIDES = List.of("train", "validation", "test");
  private static final int TEXTS_PER_BATCH = 32;

  /** The keys of an augment stage. */
  record Config(
      @Key(doc = "the model that paraphrases: an earlier stage, a run or a folder") String model,
      @Key(doc = "a data set with ratings.train.jsonl: an earlier stage or a folder") String data,
      @Key(
              def = "",
              doc =
                  "label to weight: their weighted sum is the rating; below 0 for what is bad;"
                      + " without it the one label that rows have")
          Map<String, Double> labels,
      @Key(def = "0.0", min = 0, max = 1, doc = "lowest rating of which there are too few")
          double from,
      @Key(def = "0.4", min = 0, max = 1, doc = "ratings from here on there are enough of")
          double below,
      @Key(def = "2.0", min = 1, doc = "how many times as many there should be, at the most")
          double factor,
      @Key(
              def = "'Say the same in other words.\\n\\n{reply}'",
              doc = "what the model is asked; {reply} is the reply")
          String instruction,
      @Key(
              def = "0.5",
              min = 0,
              max = 1,
              doc = "what the rating of a paraphrase in another language is multiplied by")
          double languageFactor,
      @Key Similarity similarity,
      @Key(def = "192", min = 1, doc = "longest instruction in tokens; longer ones are left out")
          int maxPromptTokens,
      @Key SamplingConfig sampling) {
    Config {
      if (!instruction.contains(REPLY)) {
        throw new IllegalArgumentException(
            "'instruction' is '" + instruction + "', which has no {reply}");
      }
      if (from >= below) {
        throw new IllegalArgumentException("from is " + from + ", not below " + below);
      }
    }

    Prompt asking(RatedResponse row) {
      return Prompt.of(instruction.replace(REPLY, row.response()));
    }

    int longest() {
      return maxPromptTokens + sampling.maxNewTokens();
    }
  }

  /** The keys of likeness. */
  record Similarity(
      @Key(
              def = "",
              doc = "sentence-embedding model: a folder or a run; without it none is measured")
          Optional<String> model,
      @Key(
              def = "0.8",
              min = 0.01,
              max = 1,
              doc =
                  "cosine of reply and paraphrase below which the rating falls: it is multiplied"
                      + " by cosine / threshold")
          double threshold) {}

  private AugmentStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "ratings", "train");
    int context = plan.context("model", config.model(), Plan.Kind.LANGUAGE_MODEL);
    plan.checkContext(context, config.longest());
    config
        .similarity()
        .model()
        .ifPresent(name -> plan.model("similarity.model", name, Plan.MODELS));
    return Plan.Made.data(plan.rows(config.data()));
  }

  static void run(Config config, StageContext context) {
    List<RatedResponse> rows = context.rows(config.data(), RATINGS, RowFiles::readRatings);
    Augmentation.Result result = augmented(config, rows, context);
    List<RatedResponse> all = new ArrayList<>(rows);
    all.addAll(result.rows());
    RowFiles.write(context.run().path().resolve(RATINGS), all);
    passOn(config, context);
    ObjectNode summary = new ObjectMapper().createObjectNode().put(RATINGS, all.size());
    result.counts().forEach(summary.putObject("paraphrases")::put);
    context.run().summary(summary);
    int added = result.rows().size();
    if (added < result.counts().get("asked")) {
      context.run().warn("of the paraphrases asked for " + added + " are left: " + result.counts());
    }
  }

  private static Augmentation.Result augmented(
      Config config, List<RatedResponse> rows, StageContext context) {
    Augmentation augmentation =
        new Augmentation(
            LabelWeights.of(config.labels(), rows, "labels", config.data()),
            new Augmentation.Lowering(config.languageFactor(), config.similarity().threshold()),
            TextLanguage.byDefault(),
            config.similarity().model().map(name -> cosines(context.model(name))));
    try (TextModel model = TextModel.load(context.model(config.model()), Head.LANGUAGE)) {
      TrainStages.checkContext(model, config.longest());
      context.warnOfText(model);
      return augmentation.of(
          rows,
          config.from(),
          config.below(),
          config.factor(),
          replies -> paraphrases(replies, model, config, context));
    }
  }

  private static List<String> paraphrases(
      List<RatedResponse> replies, TextModel model, Config config, StageContext context) {
    List<Prompt> prompts = replies.stream().map(config::asking).toList();
    List<Rollout> sampled =
        TrainStages.sample(
            "paraphrases", model, prompts, config.sampling(), config.maxPromptTokens(), context);
    long cut = sampled.stream().filter(rollout -> !rollout.completion().ended()).count();
    if (cut > 0) {
      context.run().warn(cut + " paraphrases were cut at sampling.max_new_tokens");
    }
    Iterator<Rollout> next = sampled.iterator();
    return prompts.stream()
        .map(
            prompt ->
                model.text().prompt(prompt).length <= config.maxPromptTokens()
                    ? next.next().completion().response()
                    : "")
        .toList();
  }

  private static Augmentation.Similarity cosines(Path folder) {
    return (originals, paraphrases) -> {
      try (SentenceEmbedder model = SentenceEmbedder.load(folder)) {
        float[][] said = model.embed(originals, TEXTS_PER_BATCH);
        float[][] again = model.embed(paraphrases, TEXTS_PER_BATCH);
        double[] cosines = new double[said.length];
        Arrays.setAll(cosines, i -> SentenceEmbedder.cosine(said[i], again[i]));
        return cosines;
      }
    };
  }

  /** Copies the other files of rows as they are. */
  private static void passOn(Config config, StageContext context) {
    for (Kind kind : Kind.values()) {
      for (String side : SIDES) {
        String name = kind.plural() + "." + side + ".jsonl";
        Path file = context.folder(config.data()).resolve(name);
        if (Files.exists(file) && !name.equals(RATINGS)) {
          context.run().readsData(file);
          AtomicFile.write(context.run().path().resolve(name), out -> Files.copy(file, out));
        }
      }
    }
  }
}
