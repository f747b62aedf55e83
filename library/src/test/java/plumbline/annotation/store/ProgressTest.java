package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProgressTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void aProjectCountsWhatIsCurrentAndNotGold(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(4);
      world.add(List.of(World.gold("g", "a")));
      Account ann = world.annotator("ann");
      world.vote(ann, "a");
      world.vote(ann, "a");
      world.store.votes().undo(ann.id(), world.project.id());
      Lease discarded = world.next(world.annotator("bob"));
      world.store.votes().discard(discarded.id(), discarded.accountId(), "bad", 1, world.nonce());

      ProjectProgress progress = world.store.progress().of(world.project.id());

      assertThat(progress.votes()).isEqualTo(1);
      assertThat(progress.gold()).isEqualTo(1);
      assertThat(progress.items())
          .containsEntry(ItemState.OPEN, 3)
          .containsEntry(ItemState.DISCARDED, 1)
          .containsEntry(ItemState.DONE, 0);
      assertThat(progress.wanted()).isEqualTo(6);
      assertThat(progress.agreement()).isEmpty();
      assertThat(progress.people())
          .extracting(person -> person.account().name())
          .containsExactly("ann", "bob");
      assertEachAlone(world, progress);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPersonHasTimeAccuracyOrderBiasAndAgreement(Databases database) {
    ProjectSettings settings =
        new ProjectSettings(World.questions(), 2, 30, 1, OptionalDouble.empty(), true);
    try (World world = new World(database.fresh(folder), settings)) {
      world.add(List.of(World.gold("g1", "a"), World.gold("g2", "b")));
      world.items(3);
      Account ann = world.annotator("ann");
      List<Boolean> first = new ArrayList<>();
      double[] seconds = {1, 2, 30, 4, 5};
      for (double spent : seconds) {
        Lease lease = world.next(ann);
        first.add(lease.responses().get(0).id().equals("a"));
        world.store.votes().submit(lease.id(), ann.id(), World.prefers("a"), spent, world.nonce());
      }
      Account bob = world.annotator("bob");
      for (String best : List.of("b", "b", "a", "a", "c")) {
        world.vote(bob, best);
      }

      PersonProgress person = world.store.progress().of(world.project.id(), ann.id()).orElseThrow();

      assertThat(person.votes()).isEqualTo(5);
      assertThat(person.medianSeconds()).hasValue(4);
      assertThat(person.goldVotes()).isEqualTo(2);
      assertThat(person.goldAccuracy()).hasValue(0.5);
      assertThat(person.firstPreferred())
          .hasValue(first.stream().mapToInt(is -> is ? 1 : 0).average().orElseThrow());
      assertThat(person.agreement()).hasValue(2 / 5.0);
      assertThat(world.store.progress().of(world.project.id()).agreement()).hasValue(2 / 3.0);
      assertThat(world.store.progress().of(world.project.id(), world.admin.id())).isEmpty();
      assertEachAlone(world, world.store.progress().of(world.project.id()));
    }
  }

  private static void assertEachAlone(World world, ProjectProgress all) {
    for (PersonProgress person : all.people()) {
      long id = person.account().id();
      assertThat(world.store.progress().of(world.project.id(), id)).hasValue(person);
      assertThat(world.store.progress().votes(world.project.id(), id)).isEqualTo(person.votes());
    }
  }
}
