package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VotesKilledTest {
  private static final int ITEMS = 400;
  private static final int KILLED = 128 + 9;
  private static final int[] VOTES_BEFORE_THE_KILL = {1, 17, 60};

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void whatWasAcknowledgedBeforeAKillIsThereOnce(Databases database) throws Exception {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, 1)) {
      world.items(ITEMS);
      world.annotator("ann");
      world.annotator("bob");
    }
    Path temporary = Files.createDirectories(folder.resolve("tmp"));
    List<String> acknowledged = new ArrayList<>();
    for (int votes : VOTES_BEFORE_THE_KILL) {
      acknowledged.addAll(killedAfter(votes, config, temporary));
    }

    try (LabelStore store = LabelStore.open(config)) {
      long project = store.projects().bySlug("pairs").orElseThrow().id();
      List<String> stored = new ArrayList<>();
      store.votes().stream(
          project, Votes.Selection.ALL, vote -> stored.add(vote.itemId() + " " + vote.reason()));
      assertThat(stored).doesNotHaveDuplicates().containsAll(acknowledged);
      // At most one vote of each person in each life was stored and not yet told.
      assertThat(stored.size() - acknowledged.size())
          .isBetween(0, 2 * VOTES_BEFORE_THE_KILL.length);
      assertThat(store.items().countByState(project).get(ItemState.DONE)).isEqualTo(stored.size());
      checkLeases(store, project);
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertThat(left).isEmpty();
    }
  }

  private static void checkLeases(LabelStore store, long project) {
    for (String name : List.of("ann", "bob")) {
      long id = store.accounts().byName(name).orElseThrow().id();
      Lease lease = store.handOut().next(id, project).orElseThrow();
      CastVote vote = store.votes().submit(lease.id(), id, World.prefers("a"), 1, "after");
      assertThat(vote.current()).isTrue();
    }
  }

  private static List<String> killedAfter(int votes, StoreConfig config, Path temporary)
      throws IOException, InterruptedException {
    Path said = temporary.resolveSibling("said-" + votes + ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Voters.class.getName(),
                config.url())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(said.toFile())
            .start();
    try {
      while (process.isAlive() && wholeLines(said).size() < votes) {
        Thread.sleep(5);
      }
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).as("exit code").isEqualTo(KILLED);
    return wholeLines(said);
  }

  private static List<String> wholeLines(Path file) throws IOException {
    String text = Files.readString(file);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  /** Two people who vote as fast as they can and print the item of every vote that was taken. */
  static final class Voters {
    private Voters() {}

    public static void main(String[] args) {
      LabelStore store = LabelStore.open(StoreConfig.of(args[0], Map.of()));
      long project = store.projects().bySlug("pairs").orElseThrow().id();
      Stream.of("ann", "bob").parallel().forEach(name -> work(store, project, name));
    }

    private static void work(LabelStore store, long project, String name) {
      long id = store.accounts().byName(name).orElseThrow().id();
      while (true) {
        Lease lease = store.handOut().next(id, project).orElseThrow();
        CastVote vote =
            store.votes().submit(lease.id(), id, World.prefers("a"), 1, "life " + lease.id());
        System.out.println(vote.itemId() + " " + vote.reason());
      }
    }
  }
}
