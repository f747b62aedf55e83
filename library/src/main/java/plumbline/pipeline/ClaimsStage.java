package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.data.exhibit.Cell;
import plumbline.data.exhibit.Exhibits;
import plumbline.data.exhibit.Items;
import plumbline.data.exhibit.Source;
import plumbline.data.exhibit.Table;
import plumbline.eval.Bootstrap;
import plumbline.eval.Interval;

/** What a publication says beside what earlier stages have measured, with a verdict on each. */
final class ClaimsStage {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FEWEST_ITEMS = 2;

  /** The heading of the report's table. */
  static final String SECTION = "What the publication says, what was seen here";

  /** The keys of a stage of claims. */
  record Config(@Key(doc = "the claims, in the order of the table") List<Claim> of) {
    Config {
      if (of.isEmpty()) {
        throw new IllegalArgumentException("'of' has no claim");
      }
      List<String> ids = of.stream().map(Claim::id).toList();
      ids.stream()
          .filter(id -> ids.indexOf(id) != ids.lastIndexOf(id))
          .findFirst()
          .ifPresent(
              id -> {
                throw new IllegalArgumentException("two claims are called '" + id + "'");
              });
    }
  }

  private final StageContext context;
  private final Map<String, JsonNode> summaries = new LinkedHashMap<>();

  private ClaimsStage(StageContext context) {
    this.context = context;
  }

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    for (int i = 0; i < config.of().size(); i++) {
      Claim.Ours ours = config.of().get(i).ours();
      String key = "of." + i + ".ours.";
      ours.stage().ifPresent(stage -> plan.checkStage(key + "stage", stage));
      ours.minus().ifPresent(place -> plan.checkStage(key + "minus.stage", place.stage()));
      for (int point = 0; point < ours.trend().size(); point++) {
        plan.checkStage(key + "trend." + point + ".stage", ours.trend().get(point).stage());
      }
    }
    return new Plan.Made(Plan.Kind.NUMBERS, Set.of(), OptionalInt.empty());
  }

  static void run(Config config, StageContext context) {
    new ClaimsStage(context).run(config);
  }

  private void run(Config config) {
    ObjectNode summary = JSON.createObjectNode();
    ArrayNode claims = summary.putArray("claims");
    List<List<Cell>> rows = new ArrayList<>();
    for (Claim claim : config.of()) {
      Optional<Interval> found = measured(claim);
      claim.put(claims.addObject(), found);
      rows.add(claim.row(found));
    }
    context.run().summary(summary);
    context.run().exhibits(new Exhibits(List.of(table(rows)), List.of(), List.of()));
  }

  private static Table table(List<List<Cell>> rows) {
    return Table.of(
            "claims",
            "Each claim and its verdict",
            List.of("claim", "the publication", "expected", "here", "verdict"),
            rows)
        .noted(
            "Same direction: the whole 95% interval lies on the side that the publication reports;"
                + " opposite: wholly on the other; no difference seen: the interval holds the"
                + " border.")
        .under(SECTION)
        .from(Source.of(-1, "95%, each as its stage has it"));
  }

  /** Empty, with a warning, where the number is not there: the other claims count all the same. */
  private Optional<Interval> measured(Claim claim) {
    Claim.Ours ours = claim.ours();
    if (!ours.trend().isEmpty()) {
      return slope(claim);
    }
    if (ours.items().isPresent()) {
      return byItem(claim);
    }
    Optional<Interval> first = value(claim, ours.stage().orElseThrow(), ours.value().orElseThrow());
    if (ours.minus().isEmpty()) {
      return first;
    }
    Claim.Place other = ours.minus().get();
    Optional<Interval> second = value(claim, other.stage(), other.value().orElseThrow());
    return first.flatMap(a -> second.map(b -> Interval.sum(new double[] {1, -1}, List.of(a, b))));
  }

  private Optional<Interval> value(Claim claim, String stage, String value) {
    SummaryPath path = new SummaryPath(value);
    JsonNode summary = summary(stage);
    Optional<Interval> found = path.interval(summary);
    if (found.isEmpty()) {
      String there =
          path.in(summary)
              .map(node -> "there is " + shortened(node) + ", wanted {mean, low, high}")
              .orElseGet(() -> path.nearest(summary));
      context
          .run()
          .warn(
              "claim '%s' was not measured: %s has no interval at '%s': %s"
                  .formatted(claim.id(), stage, value, there));
    }
    return found;
  }

  private static String shortened(JsonNode node) {
    String text = node.toString();
    return text.length() > 80 ? text.substring(0, 80) + "..." : text;
  }

  private JsonNode summary(String stage) {
    return summaries.computeIfAbsent(
        stage, name -> read(context.out().resolve(name).resolve("summary.json")));
  }

  private static JsonNode read(Path file) {
    try {
      return Files.exists(file) ? JSON.readTree(Files.readString(file)) : JSON.createObjectNode();
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** The slope of the least-squares line through the points, from their intervals. */
  private Optional<Interval> slope(Claim claim) {
    List<Claim.Point> points = claim.ours().trend();
    List<Interval> values = new ArrayList<>();
    for (Claim.Point point : points) {
      Optional<Interval> found = value(claim, point.stage(), point.value());
      if (found.isEmpty()) {
        return Optional.empty();
      }
      values.add(found.get());
    }
    double[] x = points.stream().mapToDouble(Claim.Point::x).toArray();
    double mean = Arrays.stream(x).average().orElseThrow();
    double squares = Arrays.stream(x).map(each -> (each - mean) * (each - mean)).sum();
    if (squares == 0) {
      context.run().warn("claim '" + claim.id() + "' has no slope: all points have the same x");
      return Optional.empty();
    }
    double[] weights = Arrays.stream(x).map(each -> (each - mean) / squares).toArray();
    return Optional.of(Interval.sum(weights, values));
  }

  /** The mean over items, or of the differences over the items that both places have. */
  private Optional<Interval> byItem(Claim claim) {
    Claim.Ours ours = claim.ours();
    Map<String, Double> first = items(ours.stage().orElseThrow(), ours.items().orElseThrow());
    Optional<Map<String, Double>> second =
        ours.minus().map(place -> items(place.stage(), place.items().orElseThrow()));
    Set<String> ids = new TreeSet<>(first.keySet());
    second.ifPresent(other -> ids.retainAll(other.keySet()));
    ids.removeIf(
        id ->
            !Double.isFinite(first.get(id))
                || second.map(other -> !Double.isFinite(other.get(id))).orElse(false));
    if (ids.size() < FEWEST_ITEMS) {
      context
          .run()
          .warn(
              "claim '%s' was not measured: %d items, wanted %d or more; items there are: %s"
                  .formatted(claim.id(), ids.size(), FEWEST_ITEMS, known(ours)));
      return Optional.empty();
    }
    double[] own = ids.stream().mapToDouble(first::get).toArray();
    Bootstrap bootstrap = new Bootstrap(context.seed());
    return Optional.of(
        second
            .map(o -> bootstrap.difference(own, ids.stream().mapToDouble(o::get).toArray()))
            .orElseGet(() -> bootstrap.mean(own)));
  }

  private String known(Claim.Ours ours) {
    return ours.stage().stream()
        .flatMap(stage -> exhibits(stage).items().stream())
        .map(items -> items.measure() + "/" + items.system())
        .distinct()
        .collect(Collectors.joining(", ", "[", "]"));
  }

  private Map<String, Double> items(String stage, String name) {
    return exhibits(stage).items().stream()
        .filter(items -> (items.measure() + "/" + items.system()).equals(name))
        .findFirst()
        .map(Items::values)
        .orElse(Map.of());
  }

  private Exhibits exhibits(String stage) {
    return Exhibits.of(
        read(context.out().resolve(stage).resolve(Exhibits.FILE)), context.run()::warn);
  }
}
