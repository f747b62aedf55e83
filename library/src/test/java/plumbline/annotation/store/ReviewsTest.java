package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static plumbline.annotation.store.HandOutTest.refused;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReviewsTest {
  @TempDir private Path folder;

  private static ProjectSettings settings(int overlap, double reviewBelow) {
    return new ProjectSettings(
        World.questions(), overlap, 30, 0, OptionalDouble.of(reviewBelow), true);
  }

  @ParameterizedTest
  @EnumSource
  void whatPeopleDisagreeOnIsQueuedTheWorstFirst(Databases database) {
    try (World world = new World(database.fresh(folder), settings(3, 0.5))) {
      world.items(3);
      List<List<String>> answers =
          List.of(List.of("a", "a", "b"), List.of("a", "a", "a"), List.of("a", "b", "c"));
      for (int person = 0; person < 3; person++) {
        Account account = world.annotator("ann" + person);
        for (int i = 0; i < 3; i++) {
          Lease lease = world.next(account);
          int item = Integer.parseInt(lease.item().externalId().replace("item-", ""));
          world.submit(lease, answers.get(item).get(person));
        }
      }

      List<Item> queue = world.store.reviews().queue(world.project.id(), 10);
      assertThat(queue).extracting(Item::externalId).containsExactly("item-2", "item-0");
      assertThat(queue.get(0).agreement()).hasValue(0);
      assertThat(queue.get(1).agreement().orElseThrow()).isEqualTo(1 / 3.0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theLastWordEndsTheItemAndMayBeTakenBack(Databases database) {
    try (World world = new World(database.fresh(folder), settings(2, 1))) {
      world.items(1);
      Account ann = world.annotator("ann");
      CastVote vote = world.vote(ann, "a");
      world.vote(world.annotator("bob"), "b");
      Item item = world.store.items().byId(vote.itemId()).orElseThrow();
      assertThat(item.state()).isEqualTo(ItemState.REVIEW);
      Reviews reviews = world.store.reviews();

      CastVote word = reviews.adjudicate(world.actor, item.id(), World.prefers("b"), "see 2.1");
      CastVote better = reviews.adjudicate(world.actor, item.id(), World.prefers("c"), "");

      assertThat(better.supersedes()).hasValue(word.id());
      assertThat(world.state(item)).isEqualTo(ItemState.ADJUDICATED);
      assertThat(reviews.queue(world.project.id(), 10)).isEmpty();
      refused(
          Refusal.Reason.CLOSED,
          () ->
              world.store.votes().edit(vote.id(), ann.id(), World.prefers("b"), 1, world.nonce()));
      refused(Refusal.Reason.CLOSED, () -> world.store.votes().undo(ann.id(), world.project.id()));

      reviews.reopen(world.actor, item.id(), "too early");
      assertThat(world.state(item)).isEqualTo(ItemState.REVIEW);
      refused(Refusal.Reason.NOTHING_TO_UNDO, () -> reviews.reopen(world.actor, item.id(), ""));
      assertThat(world.store.audit().page(Long.MAX_VALUE, 3))
          .extracting(AuditEntry::action)
          .containsExactly("item.reopen", "item.adjudication", "item.adjudication");
    }
  }

  @ParameterizedTest
  @EnumSource
  void discardedItemsComeBackForThoseWhoHadNotDiscardedThem(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Lease lease = world.next(ann);
      world.store.votes().discard(lease.id(), ann.id(), "dull", 1, world.nonce());
      world.store.reviews().reopen(world.actor, lease.item().id(), "not dull");

      assertThat(world.state(lease.item())).isEqualTo(ItemState.OPEN);
      assertThat(world.store.handOut().next(ann.id(), world.project.id())).isEmpty();
      assertThat(world.vote(world.annotator("bob"), "a").itemId()).isEqualTo(lease.item().id());

      world.store.reviews().discard(world.actor, lease.item().id(), "a copy");
      assertThat(world.state(lease.item())).isEqualTo(ItemState.DISCARDED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void otherSettingsChangeTheStatesOfWhatIsThere(Databases database) {
    try (World world = new World(database.fresh(folder), settings(2, 0))) {
      world.items(1);
      Item item = world.next(world.annotator("ann")).item();
      world.vote(world.store.accounts().byName("ANN").orElseThrow(), "a");
      world.vote(world.annotator("bob"), "b");
      assertThat(world.state(item)).isEqualTo(ItemState.DONE);

      Projects projects = world.store.projects();
      projects.updateSettings(world.actor, world.project.id(), settings(2, 0.5));
      assertThat(world.state(item)).isEqualTo(ItemState.REVIEW);
      projects.updateSettings(world.actor, world.project.id(), settings(3, 0.5));
      assertThat(world.state(item)).isEqualTo(ItemState.OPEN);
      world.vote(world.annotator("eve"), "b");
      assertThat(world.state(item)).isEqualTo(ItemState.REVIEW);
    }
  }
}
