package plumbline.eval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import plumbline.data.Completion;
import plumbline.data.PreferencePair;

/**
 * How far several reward models prefer what a judge, or people, preferred, on the same verdicts; in
 * all, and by what the prompts carry.
 */
public final class Agreements {
  /** What verdicts are divided by, where they carry it. */
  private static final List<String> KEYS = List.of("dataset", "category", "models");

  private final List<PreferencePair> verdicts;
  private final long seed;
  private final Map<String, double[]> margins = new LinkedHashMap<>();

  /**
   * @param verdicts at least one, the better answer as {@code chosen}; a strength of 0 is a tie
   * @param seed of the intervals
   */
  public Agreements(List<PreferencePair> verdicts, long seed) {
    if (verdicts.isEmpty()) {
      throw new IllegalArgumentException("there is no verdict");
    }
    this.verdicts = List.copyOf(verdicts);
    this.seed = seed;
  }

  /** The answers that are to be scored: of each verdict the chosen one, then the rejected one. */
  public List<Completion> answers() {
    return verdicts.stream().flatMap(RewardData::both).toList();
  }

  /**
   * Adds a model.
   *
   * @param scores {@code double[2N]} of {@link #answers}
   */
  public void add(String model, double[] scores) {
    if (scores.length != 2 * verdicts.size()) {
      throw new IllegalArgumentException(
          "there are " + scores.length + " scores, wanted " + 2 * verdicts.size());
    }
    double[] own = new double[verdicts.size()];
    Arrays.setAll(own, i -> scores[2 * i] - scores[2 * i + 1]);
    margins.put(model, own);
  }

  /**
   * {@code {n, ties, models: {NAME: {n, accuracy, kappa, by: {dataset: {VALUE: ..}}}}, between:
   * [{model, over, difference}]}}, the difference being that of two models' accuracy on the same
   * verdicts.
   */
  public ObjectNode document() {
    ObjectNode document = Nodes.object().put("n", verdicts.size());
    document.put("ties", verdicts.stream().filter(VerdictAgreement::isTie).count());
    ObjectNode models = document.putObject("models");
    margins.forEach((name, own) -> models.set(name, model(own)));
    between(document.putArray("between"));
    return document;
  }

  private ObjectNode model(double[] own) {
    ObjectNode json = VerdictAgreement.of(verdicts, own, seed).json();
    ObjectNode by = json.putObject("by");
    for (String key : KEYS) {
      if (verdicts.stream().anyMatch(verdict -> verdict.meta().containsKey(key))) {
        ObjectNode cells = by.putObject(key);
        Cells.by(verdicts.stream().map(v -> v.meta().getOrDefault(key, Cells.UNKNOWN)).toList())
            .forEach((value, rows) -> cells.set(value, cell(rows, own)));
      }
    }
    return json;
  }

  private ObjectNode cell(List<Integer> rows, double[] own) {
    return VerdictAgreement.of(
            rows.stream().map(verdicts::get).toList(),
            rows.stream().mapToDouble(i -> own[i]).toArray(),
            seed)
        .json();
  }

  private void between(ArrayNode rows) {
    int[] prompts =
        ClusterBootstrap.numbered(verdicts.stream().map(v -> v.prompt().messages()).toList());
    List<String> names = new ArrayList<>(margins.keySet());
    for (int a = 1; a < names.size(); a++) {
      for (int b = 0; b < a; b++) {
        double[] of = VerdictAgreement.points(verdicts, margins.get(names.get(a)));
        double[] over = VerdictAgreement.points(verdicts, margins.get(names.get(b)));
        double[] difference =
            IntStream.range(0, of.length).mapToDouble(i -> of[i] - over[i]).toArray();
        rows.addObject()
            .put("model", names.get(a))
            .put("over", names.get(b))
            .set(
                "difference",
                Nodes.of(new ClusterBootstrap(prompts, seed).mean(difference), of.length));
      }
    }
  }
}
