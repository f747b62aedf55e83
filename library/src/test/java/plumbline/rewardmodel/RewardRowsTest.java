package plumbline.rewardmodel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import plumbline.data.PreferencePair;
import plumbline.data.Split;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;

class RewardRowsTest {
  private final List<PreferencePair> pairs = new Clinic(1).pairs(Split.TRAIN, 400, Annotator.CLEAN);

  @Test
  void aBootstrapHasAsManyRowsOfWhichAThirdIsMissing() {
    List<PreferencePair> drawn = RewardRows.ofPairs(pairs).bootstrapped(1).pairs();
    assertThat(drawn).hasSize(400);
    Set<PreferencePair> different = new HashSet<>(drawn);
    assertThat(new HashSet<>(pairs)).containsAll(different);
    assertThat(different.size() / 400.0).isBetween(0.58, 0.68);
  }

  @Test
  void theSeedDecidesWhichAreDrawn() {
    RewardRows rows = RewardRows.ofPairs(pairs);
    assertThat(rows.bootstrapped(1)).isEqualTo(rows.bootstrapped(1));
    assertThat(rows.bootstrapped(1)).isNotEqualTo(rows.bootstrapped(2));
  }

  @Test
  void kindsWithoutRowsStayEmpty() {
    assertThat(RewardRows.NONE.bootstrapped(1)).isEqualTo(RewardRows.NONE);
  }
}
