package plumbline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import plumbline.model.Transformer;
import plumbline.tensor.Scopes;
import plumbline.train.NonFiniteException;

/**
 * What every trainer does with an update whose numbers are not finite; its test implements this.
 */
public interface GuardedTraining {
  /** Where runs are. */
  Path runs();

  /**
   * Trains a fresh model of two layers.
   *
   * @param name of the run's folder below {@link #runs}
   * @param damage is done to the model before
   * @param settings on top of the test's own
   * @return the weights afterwards
   */
  Map<String, float[]> trained(String name, Consumer<Transformer> damage, String... settings);

  /** The setting that makes an update of one row. */
  default String small() {
    return "rows_per_update=1";
  }

  private Map<String, float[]> trained(String name, List<String> settings) {
    return trained(name, model -> {}, settings.toArray(String[]::new));
  }

  private static List<String> plus(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(List.of(more));
    return all;
  }

  @Test
  default void theUpdatesWithoutUsableGradientsAreSkippedAndTheirRowsAreKept() {
    List<String> still = List.of(small(), "epochs=2", "optimizer.lr=0");
    trained("still", still);
    List<JsonNode> whole = TinyModels.metrics(runs().resolve("still"));
    double limit =
        whole.stream().mapToDouble(row -> row.get("grad_norm").asDouble()).average().orElseThrow();
    List<String> skipping =
        plus(still, "optimizer.exploded_grad_norm=" + limit, "optimizer.on_nonfinite=skip");

    trained("skipped", plus(skipping, "optimizer.max_skipped=1000"));

    Path run = runs().resolve("skipped");
    List<JsonNode> rows = TinyModels.metrics(run);
    assertThat(rows).hasSameSizeAs(whole);
    int skipped = 0;
    for (int i = 0; i < rows.size(); i++) {
      Path kept = run.resolve("nonfinite/step-" + (i + 1) + ".json");
      if (whole.get(i).get("grad_norm").asDouble() > limit) {
        assertThat(rows.get(i).get("grad_norm").isNull()).isTrue();
        assertThat(TinyModels.json(kept).at("/rows/0/text").asText()).contains("user");
        assertThat(TinyModels.json(kept).at("/rows/0/tokens")).isNotEmpty();
        skipped++;
      } else {
        assertThat(rows.get(i).get("grad_norm")).isEqualTo(whole.get(i).get("grad_norm"));
        assertThat(kept).doesNotExist();
      }
    }
    assertThat(skipped).isBetween(2, rows.size() - 1);
    assertThat(TinyModels.json(run.resolve("run.json")).get("warnings"))
        .filteredOn(warning -> warning.asText().startsWith("left out update "))
        .hasSize(skipped);
    assertThatExceptionOfType(NonFiniteException.class)
        .isThrownBy(() -> trained("limit", plus(skipping, "optimizer.max_skipped=1")))
        .withMessageContaining("one more than optimizer.max_skipped, 1");
  }

  @Test
  default void aTrainingWhoseUpdatesAreAllSkippedMovesNothing() {
    Map<String, float[]> start = trained("start", List.of("optimizer.lr=0"));
    String[] all = {
      "optimizer.exploded_grad_norm=1e-12",
      "optimizer.on_nonfinite=skip",
      "optimizer.max_skipped=1000",
      "epochs=3"
    };

    TinyModels.assertSameValues(trained("nothing", List.of(all)), start, 0);
  }

  @Test
  default void aGradientThatExplodesStopsTraining() {
    assertThatExceptionOfType(NonFiniteException.class)
        .isThrownBy(() -> trained("exploded", List.of("optimizer.exploded_grad_norm=1e-12")))
        .withMessageContaining("update 1: the gradient has exploded: its norm is")
        .withMessageContaining("optimizer.on_nonfinite: skip");
    assertThat(runs().resolve("exploded/nonfinite/step-1.json")).isRegularFile();
  }

  @Test
  default void numbersThatAreNotFiniteStopTrainingAtTheLayerThatMadeThem() {
    Consumer<Transformer> damage =
        model -> {
          for (String matrix : List.of("gate_proj", "up_proj")) {
            model.weights().get("model.layers.1.mlp." + matrix + ".weight").mul_(new Scalar(1e25));
          }
        };

    assertThatExceptionOfType(NonFiniteException.class)
        .isThrownBy(() -> trained("stopped", quietly(damage)))
        .withMessageContaining("update 1: ")
        .withMessageContaining("first of all the output of layer 1, in rows [0, 1, 2, 3")
        .withMessageContaining("optimizer.on_nonfinite: skip");
    assertThat(runs().resolve("stopped/nonfinite/step-1.json")).isRegularFile();
  }

  @Test
  default void aModelWithAWeightThatIsNoNumberIsRefusedByItsName() {
    Consumer<Transformer> damage =
        model ->
            model
                .weights()
                .get("model.layers.0.mlp.up_proj.weight")
                .select(0, 3)
                .fill_(new Scalar(Double.NaN));

    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> trained("damaged", quietly(damage)))
        .withMessageContaining(
            "weight 'model.layers.0.mlp.up_proj.weight' has 32 NaN and 0 infinite of 1536");
  }

  private static Consumer<Transformer> quietly(Consumer<Transformer> damage) {
    return model -> Scopes.noGrad(() -> Scopes.run(() -> damage.accept(model)));
  }
}
