package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static plumbline.annotation.store.HandOutTest.refused;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VotesTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void aVoteSaysWhatWasShownAndAnswered(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(1);
      world.store.projects().publishGuidelines(world.actor, world.project.id(), "Be *fair*.");
      world.store.projects().publishGuidelines(world.actor, world.project.id(), "Be fair.");
      Account ann = world.annotator("ann");
      Lease lease = world.next(ann);

      CastVote vote =
          world.store.votes().submit(lease.id(), ann.id(), World.prefers("b"), 12.5, "n");

      assertThat(vote.kind()).isEqualTo(VoteKind.VOTE);
      assertThat(vote.shown()).isEqualTo(lease.responses().stream().map(Response::id).toList());
      assertThat(vote.guidelines()).isEqualTo(2);
      assertThat(vote.answers()).isEqualTo(World.prefers("b"));
      assertThat(vote.seconds()).isEqualTo(12.5);
      assertThat(vote.current()).isTrue();
      assertThat(world.store.votes().byId(vote.id())).contains(vote);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theSameNonceAgainStoresNothing(Databases database) {
    try (World world = new World(database.fresh(folder), 2)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Votes votes = world.store.votes();
      Lease lease = world.next(ann);
      CastVote vote = votes.submit(lease.id(), ann.id(), World.prefers("a"), 1, "n");
      CastVote edit = votes.edit(vote.id(), ann.id(), World.prefers("b"), 1, "m");

      assertThat(votes.submit(lease.id(), ann.id(), World.prefers("b"), 2, "n").id())
          .isEqualTo(vote.id());
      refused(
          Refusal.Reason.ANSWERED,
          () -> votes.edit(vote.id(), ann.id(), World.prefers("c"), 1, "m"));
      assertThat(votes.edit(edit.id(), ann.id(), World.prefers("c"), 1, "m")).isEqualTo(edit);
      refused(
          Refusal.Reason.ANSWERED,
          () -> votes.submit(lease.id(), ann.id(), World.prefers("b"), 2, "other"));
      assertThat(votes.ofItem(vote.itemId()))
          .extracting(CastVote::id)
          .containsExactly(vote.id(), edit.id());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLateVoteCountsWhileItsPlaceIsFreeAndIsADraftAfterwards(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Lease inTime = world.next(ann);
      world.pass(Duration.ofHours(2));
      assertThat(world.submit(inTime, "a").current()).isTrue();

      Lease late = world.next(ann);
      world.pass(Duration.ofHours(2));
      Lease taken = world.next(bob);
      assertThat(taken.item().id()).isEqualTo(late.item().id());
      refused(Refusal.Reason.PLACE_TAKEN, () -> world.submit(late, "c"));
      assertThat(world.store.handOut().byId(late.id(), ann.id()).draft())
          .contains(World.prefers("c"));

      world.store.handOut().release(taken.id(), bob.id());
      assertThat(world.submit(late, "c").current()).isTrue();
      assertThat(world.store.handOut().next(bob.id(), world.project.id())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void anEditSupersedesAndBothRowsStay(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Account ann = world.annotator("ann");
      CastVote vote = world.vote(ann, "a");
      CastVote edit =
          world.store.votes().edit(vote.id(), ann.id(), World.prefers("b"), 4, world.nonce());

      assertThat(edit.supersedes()).hasValue(vote.id());
      List<CastVote> rows = world.store.votes().ofItem(vote.itemId());
      assertThat(rows).extracting(CastVote::current).containsExactly(false, true);
      assertThat(rows.get(0).supersededBy()).hasValue(edit.id());
      assertThat(rows.get(0).answers()).isEqualTo(World.prefers("a"));
      refused(
          Refusal.Reason.NOT_FOUND,
          () ->
              world
                  .store
                  .votes()
                  .edit(edit.id(), world.admin.id(), World.prefers("c"), 1, world.nonce()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void undoHandsTheItemBackWithItsAnswersAndGoesOnBackwards(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(3);
      Account ann = world.annotator("ann");
      CastVote first = world.vote(ann, "a");
      Lease skipped = world.next(ann);
      world.store.votes().skip(skipped.id(), ann.id(), "too long", 2, world.nonce());
      Lease third = world.next(ann);
      world.store.handOut().saveDraft(third.id(), ann.id(), World.prefers("c"));

      Lease back = world.store.votes().undo(ann.id(), world.project.id()).orElseThrow();
      assertThat(back.id()).isEqualTo(skipped.id());
      Lease further = world.store.votes().undo(ann.id(), world.project.id()).orElseThrow();
      assertThat(further.item().id()).isEqualTo(first.itemId());
      assertThat(further.draft()).contains(first.answers());
      assertThat(further.responses()).extracting(Response::id).isEqualTo(first.shown());
      assertThat(world.next(ann)).isEqualTo(further);
      refused(
          Refusal.Reason.NOTHING_TO_UNDO,
          () -> world.store.votes().undo(ann.id(), world.project.id()));

      world.submit(further, "b");
      assertThat(world.store.votes().ofItem(first.itemId()))
          .extracting(CastVote::kind)
          .containsExactly(VoteKind.VOTE, VoteKind.UNDO, VoteKind.VOTE);
      world.vote(ann, "a");
      assertThat(world.next(ann).draft()).contains(World.prefers("c"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void undoneSkipsWhoseItemOthersHaveAnsweredAreNotHandedBack(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(1);
      Account ann = world.annotator("ann");
      Lease skipped = world.next(ann);
      world.store.votes().skip(skipped.id(), ann.id(), "", 2, world.nonce());
      world.vote(world.annotator("bob"), "a");

      assertThat(world.store.votes().undo(ann.id(), world.project.id())).isEmpty();
      assertThat(world.store.handOut().next(ann.id(), world.project.id())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void skippedItemsAreForOthersAndDiscardedOnesForNobody(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      Account bob = world.annotator("bob");
      Lease lease = world.next(ann);
      world.store.votes().skip(lease.id(), ann.id(), "no idea", 2, world.nonce());
      Lease other = world.next(ann);
      CastVote discard =
          world.store.votes().discard(other.id(), ann.id(), "empty", 2, world.nonce());

      assertThat(discard.reason()).isEqualTo("empty");
      assertThat(world.state(other.item())).isEqualTo(ItemState.DISCARDED);
      assertThat(world.store.handOut().next(ann.id(), world.project.id())).isEmpty();
      assertThat(world.vote(bob, "a").itemId()).isEqualTo(lease.item().id());
      assertThat(world.store.handOut().next(bob.id(), world.project.id())).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aClosedProjectTakesNothing(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      CastVote vote = world.vote(ann, "a");
      Lease lease = world.next(ann);
      world.store.projects().setState(world.actor, world.project.id(), ProjectState.CLOSED);

      refused(Refusal.Reason.CLOSED, () -> world.submit(lease, "a"));
      refused(
          Refusal.Reason.CLOSED,
          () ->
              world.store.votes().edit(vote.id(), ann.id(), World.prefers("b"), 1, world.nonce()));
      refused(Refusal.Reason.CLOSED, () -> world.store.votes().undo(ann.id(), world.project.id()));
      assertThat(world.store.handOut().byId(lease.id(), ann.id()).draft())
          .contains(World.prefers("a"));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theStreamIsOneMomentWhilePeopleGoOn(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      world.items(6);
      Account ann = world.annotator("ann");
      world.vote(ann, "a");
      CastVote second = world.vote(ann, "a");
      world.vote(ann, "b");
      Votes votes = world.store.votes();
      List<CastVote> all = new ArrayList<>();
      votes.stream(
          world.project.id(),
          Votes.Selection.CURRENT,
          vote -> {
            if (all.isEmpty()) {
              votes.edit(second.id(), ann.id(), World.prefers("c"), 1, world.nonce());
              world.vote(ann, "c");
            }
            all.add(vote);
          });

      assertThat(all)
          .extracting(vote -> vote.answers().path("better").asText())
          .containsExactly("a", "a", "b");
      assertThat(votes.page(world.project.id(), Votes.Selection.CURRENT, 0, 10))
          .extracting(vote -> vote.answers().path("better").asText())
          .containsExactly("a", "b", "c", "c");
      assertThat(votes.page(world.project.id(), Votes.Selection.ALL, 0, 10)).hasSize(5);
      assertThat(
              votes.history(
                  ann.id(), world.project.id(), Votes.Selection.CURRENT, Long.MAX_VALUE, 2))
          .extracting(vote -> vote.answers().path("better").asText())
          .containsExactly("c", "c");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theDatabaseItselfRefusesToForget(Databases database) {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, 1)) {
      world.items(1);
      world.store.projects().publishGuidelines(world.actor, world.project.id(), "Be fair.");
      world.vote(world.annotator("ann"), "a");
      Jdbi direct = Jdbi.create(config.url());

      for (String table : List.of("votes", "audit", "guidelines")) {
        for (String sql :
            List.of("DELETE FROM " + table, "UPDATE " + table + " SET created_at = 0")) {
          assertThatThrownBy(() -> direct.useHandle(handle -> handle.execute(sql)))
              .as(sql)
              .hasMessageContaining(table.equals("audit") ? "audit" : table);
        }
      }
      assertThat(world.store.votes().page(world.project.id(), Votes.Selection.ALL, 0, 9))
          .hasSize(1);
    }
  }
}
