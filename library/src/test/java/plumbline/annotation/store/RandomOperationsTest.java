package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The store against {@link NaiveLabels}, one random step after the other. */
class RandomOperationsTest {
  private static final int ITEMS = 6;
  private static final int OVERLAP = 2;
  private static final int STEPS = 300;
  private static final List<String> PEOPLE = List.of("ann", "bob", "eve", "kim");
  private static final List<String> BEST = List.of("a", "b", "c");

  @TempDir private Path folder;

  static Stream<Arguments> databasesAndSeeds() {
    return Stream.of(Databases.values())
        .flatMap(database -> Stream.of(1L, 2L, 3L).map(seed -> Arguments.of(database, seed)));
  }

  @ParameterizedTest
  @MethodSource("databasesAndSeeds")
  void theStoreDoesWhatListsAndLoopsDo(Databases database, long seed) {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, OVERLAP)) {
      world.items(ITEMS);
      Comparison comparison = new Comparison(world, new Random(seed));
      for (int step = 0; step < STEPS; step++) {
        comparison.step("seed " + seed + " step " + step);
      }
      Invariants invariants = new Invariants(world.config, OVERLAP);
      invariants.checkNow();
      invariants.checkHistory();
      assertThat(comparison.outcomes.keySet())
          .contains("ANSWERED", "CLOSED", "PLACE_TAKEN", "NOTHING_TO_UNDO", "gone", "");
    }
  }

  private static final class Comparison {
    private final World world;
    private final Random random;
    private final NaiveLabels naive;
    private final Map<String, Account> people = new LinkedHashMap<>();
    private final Map<String, Map<Integer, Lease>> leases = new HashMap<>();
    private final List<Item> items;
    final Map<String, Integer> outcomes = new HashMap<>();

    Comparison(World world, Random random) {
      this.world = world;
      this.random = random;
      naive = new NaiveLabels(ITEMS, OVERLAP, Duration.ofMinutes(30).toMillis(), world.now());
      PEOPLE.forEach(name -> people.put(name, world.annotator(name)));
      PEOPLE.forEach(name -> leases.put(name, new LinkedHashMap<>()));
      items = world.store.items().page(world.project.id(), Optional.empty(), 0, ITEMS);
    }

    void step(String name) {
      String who = pick(PEOPLE);
      int chance = random.nextInt(100);
      if (chance < 25) {
        next(name, who);
      } else if (chance < 35) {
        Duration time = Duration.ofMinutes(random.nextInt(25));
        world.pass(time);
        naive.now += time.toMillis();
      } else if (chance < 45) {
        undo(name, who);
      } else if (chance < 50) {
        review(name);
      } else if (!leases.get(who).isEmpty()) {
        onALease(name, who, pick(List.copyOf(leases.get(who).values())));
      }
      compare(name);
    }

    private <T> T pick(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    private void next(String name, String who) {
      Optional<Lease> lease = world.store.handOut().next(people.get(who).id(), world.project.id());
      assertThat(lease.map(held -> number(held.item().id()))).as(name).isEqualTo(naive.next(who));
      lease.ifPresent(held -> keep(who, held));
    }

    private void keep(String who, Lease lease) {
      Lease before = leases.get(who).put(number(lease.item().id()), lease);
      if (before != null) {
        assertThat(lease.id()).isEqualTo(before.id());
        assertThat(lease.responses()).isEqualTo(before.responses());
      }
    }

    private int number(long itemId) {
      return items.stream().map(Item::id).toList().indexOf(itemId);
    }

    private void undo(String name, String who) {
      same(
          name,
          naive.undo(who),
          () -> {
            Optional<Lease> lease =
                world.store.votes().undo(people.get(who).id(), world.project.id());
            lease.ifPresent(back -> keep(who, back));
            return lease.map(back -> "item " + number(back.item().id())).orElse("gone");
          });
    }

    private void review(String name) {
      int item = random.nextInt(ITEMS);
      if (random.nextInt(3) == 0) {
        naive.decide(item);
        world.store.reviews().adjudicate(world.actor, items.get(item).id(), World.prefers("a"), "");
      } else {
        same(
            name,
            naive.reopen(item),
            () -> {
              world.store.reviews().reopen(world.actor, items.get(item).id(), "");
              return "";
            });
      }
    }

    private void onALease(String name, String who, Lease lease) {
      int item = number(lease.item().id());
      long account = people.get(who).id();
      String best = pick(BEST);
      Votes votes = world.store.votes();
      Optional<CastVote> mine =
          votes.ofItem(lease.item().id()).stream()
              .filter(vote -> vote.accountId() == account && vote.current())
              .filter(vote -> vote.kind() == VoteKind.VOTE)
              .findFirst();
      int chance = random.nextInt(100);
      if (mine.isPresent() && chance < 50) {
        same(
            name,
            naive.edit(who, item, best),
            () -> {
              votes.edit(mine.get().id(), account, World.prefers(best), 1, world.nonce());
              return "";
            });
      } else if (chance < 60) {
        answer(name, who, lease, "vote", best);
      } else if (chance < 70) {
        answer(name, who, lease, "skip", best);
      } else if (chance < 74) {
        answer(name, who, lease, "discard", best);
      } else if (chance < 85) {
        naive.release(who, item);
        world.store.handOut().release(lease.id(), account);
      } else {
        same(
            name,
            naive.saveDraft(who, item, best),
            () -> {
              world.store.handOut().saveDraft(lease.id(), account, World.prefers(best));
              return "";
            });
      }
    }

    private void answer(String name, String who, Lease lease, String kind, String best) {
      Votes votes = world.store.votes();
      long account = people.get(who).id();
      same(
          name,
          naive.answer(who, number(lease.item().id()), kind, best),
          () -> {
            switch (kind) {
              case "vote" -> world.submit(lease, best);
              case "skip" -> votes.skip(lease.id(), account, "", 1, world.nonce());
              default -> votes.discard(lease.id(), account, "", 1, world.nonce());
            }
            return "";
          });
    }

    private void same(String name, String expected, Supplier<String> action) {
      String outcome;
      try {
        outcome = action.get();
      } catch (Refusal refusal) {
        outcome = refusal.reason().name();
      }
      assertThat(outcome).as(name).isEqualTo(expected);
      outcomes.merge(outcome, 1, Integer::sum);
    }

    private void compare(String name) {
      for (int item = 0; item < ITEMS; item++) {
        Item stored = world.store.items().byId(items.get(item).id()).orElseThrow();
        assertThat(stored.state().name()).as(name).isEqualTo(naive.state(item));
        Map<String, String> answers =
            world.store.votes().ofItem(stored.id()).stream()
                .filter(vote -> vote.current() && vote.kind() == VoteKind.VOTE)
                .collect(
                    Collectors.toMap(
                        vote -> nameOf(vote.accountId()),
                        vote -> vote.answers().path("better").asText()));
        assertThat(answers).as(name).isEqualTo(naive.answers(item));
      }
      leases.forEach(
          (who, held) ->
              held.forEach(
                  (item, lease) ->
                      assertThat(
                              world
                                  .store
                                  .handOut()
                                  .byId(lease.id(), lease.accountId())
                                  .draft()
                                  .map(draft -> draft.path("better").asText()))
                          .as("%s: draft of %s", name, who)
                          .isEqualTo(naive.draft(who, item))));
    }

    private String nameOf(long account) {
      return people.entrySet().stream()
          .filter(entry -> entry.getValue().id() == account)
          .findFirst()
          .orElseThrow()
          .getKey();
    }
  }
}
