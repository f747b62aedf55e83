package plumbline.annotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.eval.Bootstrap;

class GroupStudyTest {
  private static final List<String> MODELS = List.of("a", "b", "c");

  private static VotedItem item(String id, double a, double b, double c) {
    return new VotedItem(id, MODELS, List.of(new Vote("p", Map.of("a", a, "b", b, "c", c), 1)));
  }

  private static GroupStudy study(Map<String, List<VotedItem>> votes) {
    return GroupStudy.of(votes, MergeMethod.TIDEMAN, VoteTies.HALF, new Bootstrap(1));
  }

  @Test
  void pointsAreMeansOfTheMergedRankingsByGroupAndOverAll() {
    Map<String, List<VotedItem>> votes = new LinkedHashMap<>();
    votes.put("one", List.of(item("1", 1, 2, 3), item("2", 2, 1, 3)));
    votes.put("two", List.of(item("3", 3, 2, 1), item("4", 3, 1, 2)));

    GroupStudy study = study(votes);

    assertThat(study.groups().get("one").points().get("a")).isCloseTo(5.0 / 6, within(1e-12));
    assertThat(study.groups().get("two").points().get("a")).isCloseTo(1.0 / 3, within(1e-12));
    GroupStudy.Score a = study.points().get("a");
    assertThat(a.mean().mean()).isCloseTo((5.0 / 6 + 1.0 / 3) / 2, within(1e-12));
    assertThat(a.mean().low()).isLessThan(a.mean().mean());
    assertThat(a.betweenGroups()).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void whatVotesLeaveOpenIsSharedWithTiesAndTheAlphabetsWithout() {
    GroupStudy study = study(Map.of("one", List.of(item("1", 1, 1, 1), item("2", 1, 1, 1))));

    assertThat(study.groups().get("one").open()).isEqualTo(2);
    assertThat(study.points().get("a").mean().mean()).isEqualTo(1);
    assertThat(study.points().get("c").mean().mean()).isCloseTo(1.0 / 3, within(1e-12));
    assertThat(study.pointsWithTies().values())
        .allSatisfy(score -> assertThat(score.mean().mean()).isCloseTo(2.0 / 3, within(1e-12)));
  }

  @Test
  void itemsOnOtherCandidatesAreRefused() {
    VotedItem two =
        new VotedItem(
            "x", List.of("a", "d"), List.of(new Vote("p", Map.of("a", 1.0, "d", 2.0), 1)));

    assertThatThrownBy(() -> study(Map.of("one", List.of(item("1", 1, 2, 3), two))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[a, b, c, d]");
  }
}
