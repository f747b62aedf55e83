package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HandOutTest {
  private static final Duration LEASE = Duration.ofMinutes(30);

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void whoAsksAgainHoldsTheSameTaskInTheSameOrder(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(3);
      Account ann = world.annotator("ann");

      Lease lease = world.next(ann);

      assertThat(world.next(ann)).isEqualTo(lease);
      assertThat(world.store.handOut().current(ann.id(), world.project.id())).contains(lease);
      assertThat(lease.responses())
          .extracting(Response::id)
          .containsExactlyInAnyOrder("a", "b", "c");
    }
  }

  @ParameterizedTest
  @EnumSource
  void ordersDifferBetweenPeopleAndEveryOneComesUp(Databases database) {
    try (World world = new World(database.fresh(folder), 40)) {
      world.items(1);
      Set<List<Response>> orders = new HashSet<>();
      for (int i = 0; i < 40; i++) {
        orders.add(world.next(world.annotator("ann" + i)).responses());
      }

      assertThat(orders).hasSize(6);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anItemNeverHasMoreVotesAndLiveLeasesThanTheOverlap(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Account eve = world.annotator("eve");
      world.vote(ann, "a");
      world.next(bob);

      assertThat(world.store.handOut().next(eve.id(), world.project.id())).isEmpty();

      world.pass(LEASE);
      assertThat(world.next(eve).item().externalId()).isEqualTo("item-0");
      assertThat(world.store.handOut().next(bob.id(), world.project.id())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void theItemThatLacksTheFewestVotesComesFirst(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(3);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Lease first = world.next(ann);
      world.store.votes().skip(first.id(), ann.id(), "unclear", 1, world.nonce());
      world.vote(ann, "a");

      assertThat(world.next(bob).item().externalId()).isEqualTo("item-1");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theDraftOutlivesLeaseAndReleaseAndKeepsALeaseAlive(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Lease lease = world.next(ann);
      world.pass(LEASE.minusMinutes(1));
      world.store.handOut().saveDraft(lease.id(), ann.id(), World.prefers("b"));
      world.pass(LEASE.minusMinutes(1));

      assertThat(world.store.handOut().current(ann.id(), world.project.id())).isPresent();

      world.store.handOut().release(lease.id(), ann.id());
      assertThat(world.store.handOut().current(ann.id(), world.project.id())).isEmpty();
      assertThat(world.next(ann).draft()).contains(World.prefers("b"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsSomebodyElsesIsNotThere(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Lease lease = world.next(ann);
      HandOut handOut = world.store.handOut();
      Votes votes = world.store.votes();

      refused(
          Refusal.Reason.NOT_FOUND,
          () -> handOut.saveDraft(lease.id(), bob.id(), World.prefers("a")));
      refused(Refusal.Reason.NOT_FOUND, () -> handOut.release(lease.id(), bob.id()));
      refused(
          Refusal.Reason.NOT_FOUND,
          () -> votes.submit(lease.id(), bob.id(), World.prefers("a"), 1, "n"));
      refused(Refusal.Reason.NOT_FOUND, () -> votes.skip(lease.id() + 1, ann.id(), "no", 1, "n"));
      assertThat(votes.ofItem(lease.item().id())).isEmpty();
    }
  }

  static void refused(Refusal.Reason reason, Runnable action) {
    assertThatThrownBy(action::run)
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @EnumSource
  void aGroupSeesItsOwnResponsesAndTheRestTheCommonOnes(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      ResponseSet common = new ResponseSet("", List.of("a", "b"));
      ResponseSet red = new ResponseSet("red", List.of("b", "c"));
      world.add(
          List.of(
              World.item("both", List.of(common, red), Optional.empty()),
              World.item("red", List.of(red), Optional.empty())));
      Account ann = world.annotator("ann");
      Account rob = world.annotator("rob", "red");

      assertThat(world.next(ann).responses())
          .extracting(Response::id)
          .containsExactlyInAnyOrder("a", "b");
      world.vote(ann, "a");
      Item both = item(world, "both");
      assertThat(world.state(both)).isEqualTo(ItemState.OPEN);
      assertThat(world.store.handOut().next(ann.id(), world.project.id())).isEmpty();

      assertThat(world.next(rob).responses())
          .extracting(Response::id)
          .containsExactlyInAnyOrder("b", "c");
      world.vote(rob, "b");
      assertThat(world.state(both)).isEqualTo(ItemState.DONE);
      assertThat(world.vote(rob, "b").itemId()).isEqualTo(item(world, "red").id());
    }
  }

  private static Item item(World world, String id) {
    return world.store.items().byExternalId(world.project.id(), id).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void goldItemsAreMixedInByShareAndMeetEverybodyOnce(Databases database) {
    ProjectSettings settings =
        new ProjectSettings(World.questions(), 1, 30, 0.5, OptionalDouble.empty(), true);
    try (World world = new World(database.fresh(folder), settings)) {
      List<NewItem> items = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        items.add(World.gold("gold-" + i, "a"));
        items.add(World.item("item-" + i));
        items.add(World.item("more-" + i));
      }
      world.add(items);
      Set<Long> seen = new HashSet<>();
      for (String name : List.of("ann", "bob")) {
        Account account = world.annotator(name);
        Set<Long> gold = new HashSet<>();
        for (int i = 0; i < 20; i++) {
          Lease lease = world.next(account);
          world.submit(lease, "a");
          Set<Long> kind = lease.item().gold().isPresent() ? gold : seen;
          assertThat(kind.add(lease.item().id())).isTrue();
        }
        // 20 fair coins; the draw is the database's own
        assertThat(gold).hasSizeBetween(1, 19);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void onlyAnOpenProjectHandsOutAndOnlyToItsMembers(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(2);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Projects projects = world.store.projects();
      Lease held = world.next(ann);
      projects.setState(world.actor, world.project.id(), ProjectState.PAUSED);

      assertThat(world.next(ann)).isEqualTo(held);
      assertThat(world.store.handOut().next(bob.id(), world.project.id())).isEmpty();

      projects.setState(world.actor, world.project.id(), ProjectState.OPEN);
      projects.setMembers(world.actor, world.project.id(), List.of(ann.id()));
      refused(
          Refusal.Reason.NOT_FOUND, () -> world.store.handOut().next(bob.id(), world.project.id()));
      assertThat(projects.forAccount(bob.id())).isEmpty();

      world.store.accounts().setActive(world.actor, ann.id(), false);
      refused(
          Refusal.Reason.NOT_FOUND, () -> world.store.handOut().next(ann.id(), world.project.id()));
    }
  }
}
