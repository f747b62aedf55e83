package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** 64 people at once, on fewer items than they would like. */
class ContentionTest {
  private static final int PEOPLE = 64;
  private static final int ITEMS = 40;
  private static final int OVERLAP = 3;
  private static final int STEPS = 25;

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void overlapAndLeasesHoldWhateverManyDoAtOnce(Databases database) throws Exception {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, OVERLAP)) {
      world.items(ITEMS);
      Invariants invariants = new Invariants(world.config, OVERLAP);
      Queue<Long> acknowledged = new ConcurrentLinkedQueue<>();
      List<Annotator> people = new ArrayList<>();
      for (int i = 0; i < PEOPLE; i++) {
        Account account = world.annotator("ann" + i);
        people.add(new Annotator(world, account, new Random(i), acknowledged, invariants));
      }

      Map<Refusal.Reason, Integer> refusals = run(people);

      invariants.checkNow();
      invariants.checkHistory();
      Set<Long> stored = new HashSet<>();
      world.store.votes().stream(
          world.project.id(), Votes.Selection.ALL, vote -> stored.add(vote.id()));
      assertThat(acknowledged).hasSizeGreaterThan(PEOPLE).allMatch(stored::contains);
      assertThat(refusals.keySet())
          .isSubsetOf(
              Refusal.Reason.PLACE_TAKEN, Refusal.Reason.ANSWERED, Refusal.Reason.NOTHING_TO_UNDO);
      finish(world, people);
    }
  }

  private static Map<Refusal.Reason, Integer> run(List<Annotator> people) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(PEOPLE);
    Map<Refusal.Reason, Integer> refusals = new EnumMap<>(Refusal.Reason.class);
    try {
      for (Future<Map<Refusal.Reason, Integer>> one : threads.invokeAll(people)) {
        one.get().forEach((reason, count) -> refusals.merge(reason, count, Integer::sum));
      }
    } finally {
      threads.shutdownNow();
    }
    return refusals;
  }

  /** No place is lost: those who go on can fill every item that is not discarded. */
  private static void finish(World world, List<Annotator> people) {
    world.pass(Duration.ofDays(1));
    for (Annotator person : people) {
      Optional<Lease> lease = person.next();
      while (lease.isPresent()) {
        world.submit(lease.get(), "a");
        lease = person.next();
      }
    }
    assertThat(world.store.items().countByState(world.project.id()))
        .containsEntry(ItemState.OPEN, 0)
        .containsEntry(ItemState.REVIEW, 0);
  }

  /** Somebody who answers, skips, dawdles, changes their mind and sends things twice. */
  private record Annotator(
      World world, Account account, Random random, Queue<Long> acknowledged, Invariants invariants)
      implements java.util.concurrent.Callable<Map<Refusal.Reason, Integer>> {
    Optional<Lease> next() {
      return world.store.handOut().next(account.id(), world.project.id());
    }

    @Override
    public Map<Refusal.Reason, Integer> call() {
      Map<Refusal.Reason, Integer> refusals = new EnumMap<>(Refusal.Reason.class);
      List<Lease> late = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        try {
          step(late);
        } catch (Refusal refusal) {
          refusals.merge(refusal.reason(), 1, Integer::sum);
        }
        if (random.nextInt(10) == 0) {
          invariants.checkNow();
        }
      }
      return refusals;
    }

    private void step(List<Lease> late) {
      Votes votes = world.store.votes();
      int chance = random.nextInt(100);
      if (chance < 8) {
        votes.undo(account.id(), world.project.id());
        return;
      }
      if (chance < 14 && !late.isEmpty()) {
        world.submit(late.remove(0), "c");
        return;
      }
      Optional<Lease> lease = next();
      if (lease.isEmpty()) {
        return;
      }
      long id = lease.get().id();
      if (chance < 18) {
        votes.skip(id, account.id(), "", 1, world.nonce());
      } else if (chance < 19) {
        votes.discard(id, account.id(), "", 1, world.nonce());
      } else if (chance < 23) {
        world.store.handOut().release(id, account.id());
      } else if (chance < 35) {
        late.add(lease.get());
        world.pass(Duration.ofMinutes(random.nextInt(40)));
      } else if (chance < 43) {
        world.store.handOut().saveDraft(id, account.id(), World.prefers("c"));
      } else {
        String nonce = world.nonce();
        String best = random.nextBoolean() ? "a" : "b";
        CastVote vote = votes.submit(id, account.id(), World.prefers(best), 1, nonce);
        acknowledged.add(vote.id());
        if (random.nextInt(5) == 0) {
          assertThat(votes.submit(id, account.id(), World.prefers(best), 1, nonce).id())
              .isEqualTo(vote.id());
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneAccountOnManyScreensHoldsOneLeaseAndVotesOnce(Databases database) throws Exception {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, OVERLAP)) {
      world.items(5);
      Account ann = world.annotator("ann");
      ExecutorService threads = Executors.newFixedThreadPool(16);
      try {
        List<Future<Lease>> leases = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          leases.add(threads.submit(() -> world.next(ann)));
        }
        Set<Long> ids = new HashSet<>();
        for (Future<Lease> lease : leases) {
          ids.add(lease.get().id());
        }
        assertThat(ids).hasSize(1);

        Lease lease = leases.get(0).get();
        List<Future<CastVote>> votes = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
          votes.add(
              threads.submit(
                  () ->
                      world
                          .store
                          .votes()
                          .submit(lease.id(), ann.id(), World.prefers("a"), 1, "same")));
        }
        Set<Long> rows = new HashSet<>();
        for (Future<CastVote> vote : votes) {
          rows.add(vote.get().id());
        }
        assertThat(rows).hasSize(1);
        assertThat(world.store.votes().ofItem(lease.item().id())).hasSize(1);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void twoServersOnOneDatabaseShareTheItems(Databases database) throws Exception {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, 1);
        LabelStore other = LabelStore.open(world.config)) {
      world.items(60);
      ExecutorService threads = Executors.newFixedThreadPool(8);
      try {
        List<Future<Integer>> counts = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          LabelStore server = i % 2 == 0 ? world.store : other;
          Account account = world.annotator("ann" + i);
          counts.add(threads.submit(() -> voteOnAll(server, account, world)));
        }
        int votes = 0;
        for (Future<Integer> count : counts) {
          votes += count.get();
        }
        assertThat(votes).isEqualTo(60);
      } finally {
        threads.shutdownNow();
      }
      new Invariants(world.config, 1).checkHistory();
    }
  }

  private static int voteOnAll(LabelStore server, Account account, World world) {
    int votes = 0;
    Optional<Lease> lease = server.handOut().next(account.id(), world.project.id());
    while (lease.isPresent()) {
      server.votes().submit(lease.get().id(), account.id(), World.prefers("a"), 1, world.nonce());
      votes++;
      lease = server.handOut().next(account.id(), world.project.id());
    }
    return votes;
  }
}
