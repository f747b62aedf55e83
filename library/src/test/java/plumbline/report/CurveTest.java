package plumbline.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CurveTest {
  @Test
  void everyMetricIsDrawnOnceTheUnknownOnesToo() {
    Set<String> names =
        new LinkedHashSet<>(
            List.of(
                "made/up", "lr", "score/kind", "reward/mean", "loss/aux", "loss/test", "alone"));
    List<Curve> curves = Curve.of(names);
    List<String> drawn = curves.stream().flatMap(curve -> curve.metrics().stream()).toList();
    assertThat(drawn).containsExactlyInAnyOrderElementsOf(names);
    assertThat(curves.stream().map(Curve::group).distinct())
        .containsExactly("Reward", "Loss", "Optimiser", "Other metrics");
  }

  @Test
  void everyNamedMetricHasAnExplanation() {
    Set<String> names =
        Set.of(
            "reward/mean reward/std score/x objective/kl kl/coef loss/policy loss/value loss/total"
                .split(" "));
    assertThat(Curve.of(names)).allSatisfy(curve -> assertThat(curve.meaning()).isNotBlank());
    Set<String> rest =
        Set.of(
            ("policy/entropy policy/approx_kl policy/clip_fraction policy/ratio returns/mean returns/var"
                    + " value/error value/explained_variance response/length_mean response/eos_rate lr"
                    + " grad_norm time/rollout_s time/score_s time/update_s tokens_per_s rewards/chosen"
                    + " rewards/rejected rewards/margins rewards/accuracies loss/train loss/test")
                .split(" "));
    assertThat(Curve.of(rest)).allSatisfy(curve -> assertThat(curve.meaning()).isNotBlank());
  }

  @Test
  void thinningALongCurveKeepsItsSpikes() {
    List<Metrics.Point> points = new ArrayList<>();
    for (int step = 0; step < 50_000; step++) {
      points.add(new Metrics.Point(step, step == 31_337 ? 99 : step == 31_338 ? -99 : step % 7));
    }
    List<Metrics.Point> thinned = Curves.thinned(points);
    assertThat(thinned).hasSizeLessThanOrEqualTo(2_000);
    assertThat(thinned).contains(points.get(31_337), points.get(31_338));
    assertThat(thinned).isSortedAccordingTo((a, b) -> Long.compare(a.step(), b.step()));
    assertThat(Curves.thinned(points.subList(0, 2_000))).isEqualTo(points.subList(0, 2_000));
  }
}
