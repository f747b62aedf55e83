package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;

class LabelStoreTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void whatWasStoredIsThereWhenOpenedAgain(Databases database) {
    StoreConfig config = database.fresh(folder);
    Lease lease;
    CastVote vote;
    try (World world = new World(config, 1)) {
      world.items(2);
      Account ann = world.annotator("ann");
      vote = world.vote(ann, "a");
      lease = world.next(ann);
    }
    try (LabelStore store = LabelStore.open(config)) {
      assertThat(store.votes().byId(vote.id())).contains(vote);
      assertThat(store.handOut().byId(lease.id(), lease.accountId())).isEqualTo(lease);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anotherProcessMayReadAndWriteMeanwhile(Databases database) {
    StoreConfig config = database.fresh(folder);
    try (World world = new World(config, 1);
        LabelStore other = LabelStore.open(config)) {
      world.items(1);
      CastVote vote = world.vote(world.annotator("ann"), "a");

      assertThat(other.votes().byId(vote.id())).contains(vote);
      other.projects().setTitle(Actor.SYSTEM, world.project.id(), "Other");
      assertThat(world.store.projects().byId(world.project.id()).orElseThrow().title())
          .isEqualTo("Other");
    }
  }

  @Test
  void sqliteIsSafeAgainstPowerCutsAndReadsWhileItWrites() {
    StoreConfig config = StoreConfig.sqlite(folder);
    try (Database database = Database.open(config)) {
      Map<String, String> wanted =
          Map.of("journal_mode", "wal", "synchronous", "2", "foreign_keys", "1");
      for (Map.Entry<String, String> pragma : wanted.entrySet()) {
        assertThat(
                database.<String>write(
                    handle ->
                        handle.createQuery("PRAGMA " + pragma.getKey()).mapTo(String.class).one()))
            .as(pragma.getKey())
            .isEqualTo(pragma.getValue());
      }
    }
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void onlyTheOwnerMayReadTheFiles() throws Exception {
    try (World world = new World(StoreConfig.sqlite(folder), 1)) {
      world.items(1);
      for (String name : List.of("labels.db", "labels.db-wal")) {
        assertThat(
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))))
            .as(name)
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void databasesThatCannotBeOpenedSayWhy() throws Exception {
    assertThatThrownBy(() -> LabelStore.open(StoreConfig.of("jdbc:mysql://h/x", Map.of())))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("jdbc:mysql://h/x: unknown database, wanted jdbc:sqlite:FILE");
    assertThatThrownBy(() -> LabelStore.open(StoreConfig.sqlite(folder.resolve("none"))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("there is no such folder");
    Files.writeString(folder.resolve("labels.db"), "this is a text, not a database".repeat(99));
    assertThatThrownBy(() -> LabelStore.open(StoreConfig.sqlite(folder)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("labels.db");
    StoreConfig nobody =
        StoreConfig.of(
            "jdbc:postgresql://127.0.0.1:1/x",
            Map.of(StoreConfig.USER, "me", StoreConfig.PASSWORD, "hunter2"));
    assertThatThrownBy(() -> LabelStore.open(nobody))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageNotContaining("hunter2");
    assertThat(nobody.toString()).doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE flyway_schema_history SET checksum = 1 WHERE version = '1'",
        "INSERT INTO flyway_schema_history VALUES"
            + " (3, '999', 'more', 'SQL', 'V999__more.sql', 1, 'me', '2030-01-01', 1, 1)"
      })
  void tablesThatAnotherVersionMadeAreRefused(String change) {
    StoreConfig config = StoreConfig.sqlite(folder);
    LabelStore.open(config).close();
    Jdbi.create(config.url()).useHandle(handle -> handle.execute(change));

    assertThatThrownBy(() -> LabelStore.open(config))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tables are not those of this version")
        .hasMessageNotContaining("\n");
  }
}
