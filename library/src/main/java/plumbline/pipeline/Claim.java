package plumbline.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import plumbline.config.Key;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Estimate;
import plumbline.eval.Interval;

/** What a publication says of a number, and where that number stands here. */
record Claim(
    @Key(doc = "its name in tables") String id,
    @Key(doc = "what the publication reports, with its numbers") String publication,
    @Key Ours ours,
    @Key(doc = "on which side of a number the publication's is: above 0, below 0.5")
        String expect) {
  private static final Pattern EXPECTATION =
      Pattern.compile("(above|below) (-?[0-9.]+(?:[eE]-?[0-9]+)?)");

  Claim {
    if (!EXPECTATION.matcher(expect).matches()) {
      throw new IllegalArgumentException(
          "'expect' is '" + expect + "', wanted 'above NUMBER' or 'below NUMBER'");
    }
  }

  /** A number with its interval in an earlier stage's results. */
  record Place(
      @Key(doc = "the earlier stage") String stage,
      @Key(def = "", doc = "where in its summary.json an estimate stands with its interval")
          Optional<String> value,
      @Key(
              def = "",
              doc = "or numbers item by item of its report.json: MEASURE/SYSTEM, as gold/policy")
          Optional<String> items) {
    Place {
      if (value.isPresent() == items.isPresent()) {
        throw new IllegalArgumentException("wanted either 'value' or 'items'");
      }
    }
  }

  /** A point of a trend. */
  record Point(
      @Key(doc = "what the trend is over") double x,
      @Key(doc = "the earlier stage") String stage,
      @Key(doc = "where in its summary.json an estimate stands with its interval") String value) {}

  /** The number that is compared: an estimate, the difference of two, or a trend's slope. */
  record Ours(
      @Key(def = "", doc = "the earlier stage") Optional<String> stage,
      @Key(def = "", doc = "where in its summary.json an estimate stands with its interval")
          Optional<String> value,
      @Key(
              def = "",
              doc = "or numbers item by item of its report.json: MEASURE/SYSTEM, as gold/policy")
          Optional<String> items,
      @Key(
              def = "",
              doc =
                  "another such place, which is subtracted: item by item where both are 'items',"
                      + " else as an independent estimate")
          Optional<Place> minus,
      @Key(def = "[]", doc = "or points, of which the slope is taken: {x, stage, value}")
          List<Point> trend) {
    Ours {
      if (stage.isPresent() == !trend.isEmpty()) {
        throw new IllegalArgumentException("wanted either 'stage' or 'trend'");
      }
      if (trend.size() == 1) {
        throw new IllegalArgumentException("'trend' has one point, wanted two or more");
      }
      if (minus.isPresent() && minus.get().items().isPresent() != items.isPresent()) {
        throw new IllegalArgumentException("wanted 'items' in both places or in neither");
      }
      if (stage.isPresent() && value.isPresent() == items.isPresent()) {
        throw new IllegalArgumentException("wanted either 'value' or 'items'");
      }
    }
  }

  /** Where our number lies. */
  enum Verdict {
    SAME_DIRECTION,
    NO_DIFFERENCE_SEEN,
    OPPOSITE,
    NOT_MEASURED;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * The verdict on an estimate: the expected side if its whole interval lies there, the opposite if
   * it lies wholly on the other.
   */
  Verdict verdict(Optional<Interval> found) {
    if (found.isEmpty()) {
      return Verdict.NOT_MEASURED;
    }
    Matcher matcher = EXPECTATION.matcher(expect);
    if (!matcher.matches()) {
      throw new IllegalStateException(expect);
    }
    double limit = Double.parseDouble(matcher.group(2));
    boolean above = found.get().low() > limit;
    boolean below = found.get().high() < limit;
    if (!above && !below) {
      return Verdict.NO_DIFFERENCE_SEEN;
    }
    return above == matcher.group(1).equals("above") ? Verdict.SAME_DIRECTION : Verdict.OPPOSITE;
  }

  /** {@code {id, publication, expect, ours: {value, low, high}, verdict}}. */
  void put(ObjectNode node, Optional<Interval> found) {
    node.put("id", id).put("publication", publication).put("expect", expect);
    found.ifPresent(
        interval ->
            node.putObject("ours")
                .put("value", interval.mean())
                .put("low", interval.low())
                .put("high", interval.high()));
    node.put("verdict", verdict(found).toString());
  }

  /** A row of the report's table. */
  List<Cell> row(Optional<Interval> found) {
    Estimate ours =
        found.map(i -> Estimate.of(i.mean(), i.low(), i.high(), -1)).orElse(Estimate.missing());
    return List.of(
        Cell.words(id),
        Cell.words(publication),
        Cell.words(expect),
        ours,
        Cell.words(verdict(found).toString()));
  }
}
