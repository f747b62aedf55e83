package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StoreTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aVoteIsStoredOnce(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      Account ann = world.annotator("ann");
      world.items(3);
      Lease lease = world.store.handOut().next(ann.id(), world.project.id()).orElseThrow();
      CastVote vote =
          world.store.votes().submit(lease.id(), ann.id(), World.prefers("a"), 3.5, "n1");
      CastVote again =
          world.store.votes().submit(lease.id(), ann.id(), World.prefers("b"), 3.5, "n1");

      assertThat(again).isEqualTo(vote);
      assertThat(world.store.votes().ofItem(lease.item().id())).isEqualTo(List.of(vote));
    }
  }
}
