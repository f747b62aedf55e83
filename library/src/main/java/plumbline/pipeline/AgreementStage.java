package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.config.ConfigTree;
import plumbline.config.Key;
import plumbline.data.PreferencePair;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Agreements;
import plumbline.model.SharedBases;
import plumbline.score.Scorer;

/** Reward models against those who judged the same answers: a judge, or people. */
final class AgreementStage {
  private static final String SECTION = "Reward models against judges and people";

  /** The keys of a stage of agreement. */
  record Config(
      @Key(
              form = "scores",
              doc =
                  "the reward models by name: each an earlier stage, a run or a folder, or a reward"
                      + " tree")
          ConfigTree models,
      @Key(
              doc =
                  "who judged, by name: verdicts of an earlier stage, as TOURNAMENT/verdicts, or a"
                      + " file or folder of pairs of any known form")
          Map<String, String> against,
      @Key(def = "raw", doc = "the scale of models that are given by their name alone")
          String scale,
      @Key(def = "5000", min = 1, doc = "most verdicts of each") int verdicts) {
    Config {
      if (!models.isMap() || models.keys().isEmpty()) {
        throw new IllegalArgumentException("'models' names no model; wanted {name: stage, ...}");
      }
      if (against.isEmpty()) {
        throw new IllegalArgumentException("'against' names nobody; wanted {judge: verdicts, ...}");
      }
      for (String name : against.keySet()) {
        if (!name.matches("[\\w.-]+")) {
          throw new IllegalArgumentException(
              "'" + name + "' names tables: letters, digits, '_', '-' and '.' are allowed");
        }
      }
    }

    Map<String, ConfigTree> trees() {
      return MeasuredModels.trees(models, scale);
    }
  }

  private AgreementStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    config.trees().forEach((name, tree) -> plan.checkScore("models." + name, tree));
    config.against().forEach((name, rows) -> plan.checkFile("against." + name, rows));
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    Map<String, Agreements> all = new LinkedHashMap<>();
    config
        .against()
        .forEach(
            (name, rows) -> {
              List<PreferencePair> verdicts =
                  JudgedPairs.read(context.folder(rows), context.run()::warn);
              all.put(
                  name,
                  new Agreements(
                      verdicts.subList(0, Math.min(config.verdicts(), verdicts.size())),
                      context.seed()));
            });
    config
        .trees()
        .forEach(
            (model, tree) -> {
              try (SharedBases bases = new SharedBases();
                  Scorer scorer = context.scorer(tree, bases)) {
                all.values().forEach(one -> one.add(model, scores(scorer, one)));
                context.warnOfCuts("models." + model, scorer);
              }
            });
    ObjectNode summary = new ObjectMapper().createObjectNode();
    ObjectNode agreement = summary.putObject("agreement");
    all.forEach((name, one) -> agreement.set(name, one.document()));
    context.run().summary(summary);
    context.run().exhibits(exhibits(agreement));
  }

  private static double[] scores(Scorer scorer, Agreements one) {
    return scorer.score(one.answers()).total();
  }

  // ---- what the report shows

  private static Exhibits exhibits(ObjectNode agreement) {
    List<Table> tables = new ArrayList<>();
    agreement
        .properties()
        .forEach(
            who -> {
              JsonNode found = who.getValue();
              tables.add(whole(who.getKey(), found));
              Set<String> keys = new LinkedHashSet<>();
              found
                  .get("models")
                  .forEach(model -> model.get("by").fieldNames().forEachRemaining(keys::add));
              keys.forEach(key -> tables.add(by(key, who.getKey(), found)));
            });
    return new Exhibits(
        tables.stream().map(table -> table.under(SECTION)).toList(), List.of(), List.of());
  }

  private static Table whole(String who, JsonNode found) {
    List<List<Cell>> rows = new ArrayList<>();
    found
        .get("models")
        .properties()
        .forEach(
            model ->
                rows.add(
                    List.of(
                        Cell.words(model.getKey()),
                        estimate(model.getValue().path("accuracy")).asShare(),
                        estimate(model.getValue().path("kappa")))));
    for (JsonNode pair : found.get("between")) {
      rows.add(
          List.of(
              Cell.words(pair.get("model").asText() + " less " + pair.get("over").asText()),
              estimate(pair.get("difference")).asShare(),
              Estimate.missing()));
    }
    return Table.of(
            "agreement-" + who,
            "Agreement with " + who,
            List.of("reward model", "agreement", "Cohen's kappa"),
            rows)
        .from(source(found))
        .noted(
            "Of "
                + found.get("n").asText()
                + " verdicts, "
                + found.get("ties").asText()
                + " of them ties; a tie of one of the two is half an agreement.");
  }

  private static Table by(String key, String who, JsonNode found) {
    List<String> columns = new ArrayList<>(List.of(key, "verdicts"));
    found.get("models").fieldNames().forEachRemaining(columns::add);
    JsonNode first = found.get("models").elements().next();
    List<List<Cell>> rows = new ArrayList<>();
    first
        .at("/by/" + key)
        .properties()
        .forEach(
            cell -> {
              List<Cell> row = new ArrayList<>();
              row.add(Cell.words(cell.getKey()));
              row.add(Cell.number(cell.getValue().get("n").asInt()));
              for (JsonNode model : found.get("models")) {
                JsonNode own = model.get("by").get(key).get(cell.getKey());
                Estimate share = estimate(own.path("accuracy")).asShare();
                row.add(own.path("small").asBoolean() ? share.asSmall() : share);
              }
              rows.add(row);
            });
    return Table.of(
            "agreement-" + who + "-by-" + key,
            "Agreement with " + who + " by " + key,
            columns,
            rows)
        .from(source(found));
  }

  private static Source source(JsonNode found) {
    return Source.of(found.get("n").asLong(), "95% bootstrap over prompts");
  }

  private static Estimate estimate(JsonNode node) {
    return Estimate.of(node).orElse(Estimate.missing());
  }
}
