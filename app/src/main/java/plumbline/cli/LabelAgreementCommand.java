package plumbline.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.annotation.Agreement;
import plumbline.annotation.Agreement.Scale;
import plumbline.annotation.RatingFiles;
import plumbline.annotation.RatingTable;
import plumbline.annotation.VoteFiles;
import plumbline.annotation.VotedItem;
import plumbline.annotation.exchange.ProjectVotes;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.RatingTables;
import plumbline.annotation.store.LabelStore;
import plumbline.eval.Bootstrap;
import plumbline.eval.CohenKappa;
import plumbline.eval.CohenKappa.Weights;
import plumbline.eval.Interval;

/** How far people agree. */
@Command(
    name = "agreement",
    description =
        "How far people who rated the same agree: Krippendorff's alpha, Fleiss' and Cohen's kappa,"
            + " with intervals.")
final class LabelAgreementCommand implements Action {
  /** Krippendorff's own limits: below the lower, draw no conclusion; below the upper, careful. */
  private static final double TENTATIVE = 0.667;

  private static final double RELIABLE = 0.8;

  /** Pairs of raters who share fewer units than this are not compared. */
  private static final int LEAST_SHARED = 2;

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description =
          "Ratings of the same units by several people: criteria, rankings, human evaluations,"
              + " judges' verdicts or a labelling project's votes.")
  private Path file;

  @Option(
      names = "--project",
      paramLabel = "NAME",
      description = "Instead of a file: a labelling project as it is now, a table per question.")
  private String project;

  @Mixin private DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of the bootstrap's draws; default: 1.")
  private long seed = 1;

  @Override
  public int run(Console console) {
    if ((file == null) == (project == null)) {
      throw new InputException("wanted a file or --project, one of them");
    }
    List<Map<String, Object>> documents = new ArrayList<>();
    if (file != null) {
      for (RatingTable table : RatingFiles.read(file)) {
        boolean isRanks = table.name().equals(RatingFiles.RANKS);
        documents.add(document(table, isRanks ? VoteFiles.read(file) : List.of(), console));
      }
    } else {
      try (LabelStore store = database.open(console)) {
        ProjectVotes votes = ProjectVotes.now(store, database.project(store, project));
        List<LabelledItem> items = votes.labelled();
        for (RatingTable table : RatingTables.of(votes.questions(), items)) {
          documents.add(document(table, rankings(votes, table, items), console));
        }
      }
    }
    console.result(Map.of("tables", documents));
    return ExitCode.DONE;
  }

  private static List<VotedItem> rankings(
      ProjectVotes votes, RatingTable table, List<LabelledItem> items) {
    return votes.questions().stream()
        .filter(one -> one instanceof Question.Ranking && one.id().equals(table.name()))
        .findFirst()
        .map(question -> RatingTables.voted(question, items))
        .orElse(List.of());
  }

  /**
   * @param rankings those that the table is of; empty where it is of something else
   */
  private Map<String, Object> document(
      RatingTable table, List<VotedItem> rankings, Console console) {
    double[][] values = table.values();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", table.name());
    document.put("units", table.units().size());
    document.put("units_with_2_or_more", table.comparable());
    document.put("raters", table.raters());
    document.put("ratings", Arrays.stream(values).mapToInt(unit -> unit.length).sum());
    document.put("values", counts(values));
    document.put("unanimous", unanimous(values));
    document.put("no_majority", noMajority(values));
    console.say(
        "%s: %d units, %d with two or more answers, %d raters"
            .formatted(
                table.name(), table.units().size(), table.comparable(), table.raters().size()));
    Table shown = Table.of("coefficient", "value", "95% interval");
    Map<String, Object> alphas = new LinkedHashMap<>();
    for (Scale scale : Scale.values()) {
      String name = scale.name().toLowerCase(Locale.ROOT);
      OptionalDouble alpha = Agreement.krippendorff(values, scale);
      Optional<Interval> interval = interval(values, draw -> Agreement.krippendorff(draw, scale));
      document.put("krippendorff_alpha_" + name, boxed(alpha));
      alphas.put(name, interval.map(i -> List.of(i.low(), i.high())).orElse(null));
      row(shown, "Krippendorff's alpha, " + name, alpha, interval);
    }
    document.put("krippendorff_alpha_intervals", alphas);
    OptionalDouble fleiss = Agreement.fleiss(values);
    document.put("fleiss_kappa", boxed(fleiss));
    row(shown, "Fleiss' kappa", fleiss, interval(values, Agreement::fleiss));
    document.put("cohen_kappa", cohen(table, Weights.NONE));
    document.put("cohen_kappa_quadratic", cohen(table, Weights.QUADRATIC));
    if (!rankings.isEmpty()) {
      OptionalDouble w = Agreement.meanKendallW(rankings);
      document.put("kendall_w", boxed(w));
      row(shown, "Kendall's W, mean over items", w, Optional.empty());
    }
    document.put("seed", seed);
    document.put("scale", table.scale().name().toLowerCase(Locale.ROOT));
    String verdict = verdict(Agreement.krippendorff(values, table.scale()));
    document.put("verdict", verdict);
    console.say(shown);
    console.say(verdict);
    console.say("");
    return document;
  }

  private interface Coefficient {
    OptionalDouble of(double[][] units);
  }

  private Optional<Interval> interval(double[][] values, Coefficient coefficient) {
    return new Bootstrap(seed)
        .of(
            values.length,
            draw -> {
              double[][] drawn =
                  Arrays.stream(draw).mapToObj(i -> values[i]).toArray(double[][]::new);
              return new double[] {coefficient.of(drawn).orElse(Double.NaN)};
            })
        .get(0);
  }

  private static Map<String, Integer> counts(double[][] values) {
    Map<Double, Integer> counts = new TreeMap<>();
    for (double[] unit : values) {
      for (double value : unit) {
        counts.merge(value, 1, Integer::sum);
      }
    }
    Map<String, Integer> named = new LinkedHashMap<>();
    counts.forEach(
        (value, count) ->
            named.put(
                value == Math.rint(value) ? Long.toString(value.longValue()) : value.toString(),
                count));
    return named;
  }

  private static long unanimous(double[][] values) {
    return Arrays.stream(values)
        .filter(unit -> unit.length > 1 && Arrays.stream(unit).distinct().count() == 1)
        .count();
  }

  /** Units on which no value has more votes than each other. */
  private static long noMajority(double[][] values) {
    return Arrays.stream(values)
        .filter(
            unit -> {
              Map<Double, Integer> counts = new TreeMap<>();
              Arrays.stream(unit).forEach(value -> counts.merge(value, 1, Integer::sum));
              int most = counts.values().stream().max(Integer::compare).orElse(0);
              return counts.values().stream().filter(count -> count == most).count() > 1;
            })
        .count();
  }

  /** Of every two raters who share units; {@code null} where undefined. */
  private static Map<String, Double> cohen(RatingTable table, Weights weights) {
    Map<String, Double> kappas = new LinkedHashMap<>();
    List<String> raters = table.raters();
    for (int i = 0; i < raters.size(); i++) {
      for (int j = i + 1; j < raters.size(); j++) {
        double[][] both = table.of(raters.get(i), raters.get(j));
        if (both[0].length >= LEAST_SHARED) {
          String pair = raters.get(i) + "-" + raters.get(j);
          kappas.put(pair, boxed(CohenKappa.of(both[0], both[1], weights)));
        }
      }
    }
    return kappas;
  }

  private static String verdict(OptionalDouble alpha) {
    if (alpha.isEmpty()) {
      return "undefined: every answer is the same, or nobody rated the same unit";
    }
    double value = alpha.getAsDouble();
    return value >= RELIABLE
        ? "reliable (alpha of at least 0.8)"
        : value >= TENTATIVE
            ? "good enough for tentative conclusions (alpha of at least 0.667)"
            : "too low to conclude anything from single answers (alpha below 0.667)";
  }

  private static void row(
      Table table, String name, OptionalDouble value, Optional<Interval> interval) {
    table.row(
        name,
        value.isPresent() ? number(value.getAsDouble()) : "undefined",
        interval.map(i -> number(i.low()) + " to " + number(i.high())).orElse("-"));
  }

  private static Double boxed(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
