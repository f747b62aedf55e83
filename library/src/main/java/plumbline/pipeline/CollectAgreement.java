package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.annotation.Agreement.Scale;
import plumbline.annotation.AnswerCounts;
import plumbline.collect.Funnel;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Table;
import plumbline.eval.Interval;

/** How far a funnel's judges agree among themselves, and its people, beyond chance. */
final class CollectAgreement {
  private final long seed;
  private final ObjectNode json = JsonNodeFactory.instance.objectNode();
  private final List<List<Cell>> rows = new ArrayList<>();

  CollectAgreement(long seed) {
    this.seed = seed;
  }

  /** Of the judges' stars for the same answer; nothing where there is one judge. */
  void judges(Funnel funnel) {
    AnswerCounts counts = new AnswerCounts();
    funnel.stars(
        stars ->
            counts.add(stars.stream().filter(star -> star > 0).map(Integer::doubleValue).toList()));
    add("judges", "judges, stars for the same answer", counts);
  }

  /** Of people's votes on the same pair, a tie between the two answers. */
  void people(AnswerCounts votes) {
    add("people", "people, votes on the same pair", votes);
  }

  private void add(String who, String what, AnswerCounts counts) {
    if (counts.size() == 0) {
      return;
    }
    Optional<Interval> alpha = counts.alpha(Scale.ORDINAL, seed);
    ObjectNode node = json.putObject(who).put("n", counts.size());
    alpha.ifPresent(found -> TrainStages.put(node.putObject("krippendorff_alpha"), found));
    rows.add(
        List.of(
            Cell.words(what),
            alpha
                .map(i -> Estimate.of(i.mean(), i.low(), i.high(), counts.size()))
                .orElse(Estimate.missing())));
  }

  /** {@code {judges: {n, krippendorff_alpha: {mean, low, high}}, people: ...}}. */
  ObjectNode json() {
    return json;
  }

  /** A table of it, if there is anything to say. */
  Exhibits exhibits() {
    Table table =
        Table.of(
                "agreement",
                "How far those who judge the same agree",
                List.of("who", "Krippendorff's alpha, ordinal"),
                rows)
            .noted(
                "1 is full agreement, 0 what chance would give; from 0.8 answers are called"
                    + " reliable, below 0.667 too uncertain to rest on single ones. Only votes that"
                    + " count, and stars that could be read.");
    return new Exhibits(rows.isEmpty() ? List.of() : List.of(table), List.of(), List.of());
  }
}
