package plumbline.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import plumbline.data.Sha256;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Figure;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Plot;
import plumbline.data.exhibit.Source;

/** What an evaluation shows beside its summary: lengths, scores, and a number for each prompt. */
final class EvaluationExhibits {
  private static final String SECTION = "Lengths and scores";
  private static final int BINS = 20;

  /**
   * What a model answered.
   *
   * @param quality {@code double[N]}, the judge's score of each response
   * @param rewards {@code double[N]}, the reward tree's
   * @param lengths {@code double[N]}, tokens
   */
  record Answered(double[] quality, double[] rewards, double[] lengths) {}

  private EvaluationExhibits() {}

  /**
   * @param judge whose score decides who wins
   * @param prompts texts of the N prompts
   * @param before the model before alignment
   * @param after the model after it, on the same prompts
   */
  static Exhibits of(String judge, List<String> prompts, Answered before, Answered after) {
    Source source = Source.of(prompts.size(), "");
    List<Figure> figures = new ArrayList<>();
    lengths(before, after)
        .ifPresent(
            plot ->
                figures.add(
                    Figure.of("lengths", "Lengths of winners and losers", plot)
                        .noted(
                            "Each pair's better and worse response by the judge ("
                                + judge
                                + "), ties left out: winners that are longer mean that length is"
                                + " rewarded.")));
    figures.add(
        Figure.of(
                "score-length",
                "Score and length",
                new Plot.Scatter(
                    "tokens",
                    "score by " + judge,
                    List.of(cloud("SFT", before), cloud("Aligned", after))))
            .noted("A rising cloud means that the judge likes length."));
    figures.add(
        Figure.of(
                "scores",
                "Distribution of scores",
                new Plot.Box(
                    "score by " + judge,
                    List.of(
                        Plot.Spread.of("SFT", before.quality()),
                        Plot.Spread.of("Aligned", after.quality()))))
            .noted("Box: middle half; line: median; diamond: mean; dots: outliers."));
    List<Items> items = new ArrayList<>();
    List<String> ids = ids(prompts);
    add(items, "sft", judge, ids, before);
    add(items, "policy", judge, ids, after);
    return new Exhibits(
        List.of(),
        figures.stream().map(figure -> figure.under(SECTION).from(source)).toList(),
        items);
  }

  /** Empty where every pair is a tie. */
  private static Optional<Plot> lengths(Answered before, Answered after) {
    List<Double> winners = new ArrayList<>();
    List<Double> losers = new ArrayList<>();
    for (int i = 0; i < before.quality().length; i++) {
      int order = Double.compare(after.quality()[i], before.quality()[i]);
      if (order != 0) {
        winners.add((order > 0 ? after : before).lengths()[i]);
        losers.add((order > 0 ? before : after).lengths()[i]);
      }
    }
    if (winners.isEmpty()) {
      return Optional.empty();
    }
    Map<String, double[]> groups = new LinkedHashMap<>();
    groups.put("winners", winners.stream().mapToDouble(d -> d).toArray());
    groups.put("losers", losers.stream().mapToDouble(d -> d).toArray());
    return Optional.of(Plot.Histogram.of("tokens", groups, BINS));
  }

  private static Plot.Line cloud(String name, Answered system) {
    return new Plot.Line(
        name,
        IntStream.range(0, system.lengths().length)
            .mapToObj(i -> Plot.Point.of(system.lengths()[i], system.quality()[i]))
            .toList());
  }

  /**
   * A system's numbers by prompt.
   *
   * @param judge whose score the quality is
   * @param prompts texts of the N prompts, in the order of the numbers
   * @param kl {@code double[N]}, or nothing
   */
  static List<Items> items(
      String name, String judge, List<String> prompts, Answered system, Optional<double[]> kl) {
    List<Items> items = new ArrayList<>();
    List<String> ids = ids(prompts);
    add(items, name, judge, ids, system);
    kl.ifPresent(values -> items.add(new Items("kl", name, byId(ids, values))));
    return items;
  }

  private static void add(
      List<Items> items, String name, String judge, List<String> ids, Answered system) {
    if (judge.equals("gold")) {
      items.add(new Items("gold", name, byId(ids, system.quality())));
    }
    items.add(new Items("reward", name, byId(ids, system.rewards())));
    items.add(new Items("response_length", name, byId(ids, system.lengths())));
  }

  private static Map<String, Double> byId(List<String> ids, double[] values) {
    Map<String, Double> byId = new TreeMap<>();
    for (int i = 0; i < values.length; i++) {
      byId.put(ids.get(i), values[i]);
    }
    return byId;
  }

  /** The same prompt has the same id in every run; a repeated one is numbered. */
  private static List<String> ids(List<String> prompts) {
    Map<String, Integer> seen = new TreeMap<>();
    return prompts.stream()
        .map(
            prompt -> {
              String id = String.format(Locale.ROOT, "%016x", Sha256.prefix(prompt));
              int times = seen.merge(id, 1, Integer::sum);
              return times == 1 ? id : id + "-" + times;
            })
        .toList();
  }
}
