package plumbline.annotation.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static plumbline.annotation.store.HandOutTest.refused;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;

class AccountsTest {
  private static final Duration DAY = Duration.ofDays(1);

  @TempDir private Path folder;

  @ParameterizedTest
  @EnumSource
  void namesAreUniqueWithoutRegardToCase(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Account zoe = world.annotator("Zoë", "red");

      assertThat(world.store.accounts().byName(" zOË ")).contains(zoe);
      assertThat(zoe.group()).isEqualTo("red");
      refused(Refusal.Reason.TAKEN, () -> world.annotator("ZOË"));
      assertThatThrownBy(() -> world.annotator("  ")).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> world.annotator("a\nb")).isInstanceOf(InputException.class);
      assertThat(world.annotator("'; DROP TABLE accounts; --").id()).isPositive();
      assertThat(world.store.accounts().list()).hasSize(3);
    }
  }

  @ParameterizedTest
  @EnumSource
  void sessionsEndByTimeBySignOutAndWithTheAccount(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Account ann = world.annotator("ann");
      Sessions sessions = world.store.sessions();
      String one = sessions.open(ann.id(), DAY);
      String two = sessions.open(ann.id(), DAY);
      String three = sessions.open(ann.id(), DAY.multipliedBy(2));

      assertThat(sessions.find(one).orElseThrow().account()).isEqualTo(ann);
      assertThat(sessions.find(one + "x")).isEmpty();
      sessions.close(one);
      assertThat(sessions.find(one)).isEmpty();
      assertThat(sessions.find(two)).isPresent();

      world.pass(DAY);
      assertThat(sessions.find(two)).isEmpty();
      assertThat(sessions.forgetExpired()).isEqualTo(1);
      assertThat(sessions.find(three)).isPresent();
      assertThat(sessions.closeAll(world.actor, ann.id())).isEqualTo(1);
      assertThat(sessions.find(three)).isEmpty();

      String last = sessions.open(ann.id(), DAY);
      world.store.accounts().setPassword(world.actor, ann.id(), "other");
      assertThat(sessions.find(last)).isEmpty();
      assertThat(world.store.accounts().passwordHash(ann.id())).contains("other");
      String kept = sessions.open(ann.id(), DAY);
      world.store.accounts().setActive(world.actor, ann.id(), false);
      assertThat(sessions.find(kept)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void tokensForTheApiEndByTimeByRevokingAndWithTheAccount(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Account ann = world.annotator("ann");
      ApiTokens tokens = world.store.apiTokens();
      String endless = tokens.create(world.actor, ann.id(), "script", Optional.empty());
      String brief = tokens.create(world.actor, ann.id(), "try", Optional.of(DAY));

      assertThat(tokens.find(brief)).contains(ann);
      world.pass(DAY);
      assertThat(tokens.find(brief)).isEmpty();
      assertThat(tokens.find(endless)).contains(ann);
      long id = tokens.list(ann.id()).get(1).id();
      assertThat(tokens.revoke(world.actor, world.admin.id(), id)).isFalse();
      assertThat(tokens.revoke(world.actor, ann.id(), id)).isTrue();
      assertThat(tokens.find(endless)).isEmpty();
      assertThat(tokens.list(ann.id()).get(1).revoked())
          .contains(Instant.ofEpochMilli(world.now()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void anInvitationIsForOne(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Invitations invitations = world.store.invitations();
      String token = invitations.create(world.actor, Role.REVIEWER, "red", DAY);

      assertThat(invitations.find(token).orElseThrow().role()).isEqualTo(Role.REVIEWER);
      refused(Refusal.Reason.TAKEN, () -> invitations.redeem(token, "Boss", "hash", ""));
      Account ann = invitations.redeem(token, "ann", "hash", "10.0.0.7");
      assertThat(ann.role()).isEqualTo(Role.REVIEWER);
      assertThat(ann.group()).isEqualTo("red");
      refused(Refusal.Reason.NOT_FOUND, () -> invitations.redeem(token, "bob", "hash", ""));
      assertThat(world.store.audit().page(Long.MAX_VALUE, 1))
          .first()
          .extracting(entry -> entry.actor().address())
          .isEqualTo("10.0.0.7");

      String late = invitations.create(world.actor, Role.ANNOTATOR, "", DAY);
      world.pass(DAY);
      refused(Refusal.Reason.NOT_FOUND, () -> invitations.redeem(late, "bob", "hash", ""));
    }
  }

  @ParameterizedTest
  @EnumSource
  void theFirstAdminsLinkIsTheNewestOneAndOnlyWhileThereIsNobody(Databases database) {
    try (LabelStore store = LabelStore.open(database.fresh(folder))) {
      String first = store.invitations().firstAdmin(DAY).orElseThrow();
      String second = store.invitations().firstAdmin(DAY).orElseThrow();

      refused(
          Refusal.Reason.NOT_FOUND, () -> store.invitations().redeem(first, "boss", "hash", ""));
      assertThat(store.invitations().redeem(second, "boss", "hash", "").role())
          .isEqualTo(Role.ADMIN);
      assertThat(store.invitations().firstAdmin(DAY)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void somebodyStaysAdmin(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      Accounts accounts = world.store.accounts();
      long boss = world.admin.id();

      refused(Refusal.Reason.CLOSED, () -> accounts.setRole(world.actor, boss, Role.ANNOTATOR));
      refused(Refusal.Reason.CLOSED, () -> accounts.setActive(world.actor, boss, false));
      assertThat(accounts.byId(boss)).contains(world.admin);

      Account ann = world.annotator("ann");
      accounts.setRole(world.actor, ann.id(), Role.ADMIN);
      accounts.setRole(world.actor, boss, Role.REVIEWER);
      assertThat(accounts.byId(boss).orElseThrow().role()).isEqualTo(Role.REVIEWER);
    }
  }

  @ParameterizedTest
  @EnumSource
  void failedSignInsAreCountedUntilOneSucceeds(Databases database) {
    try (World world = new World(database.fresh(folder), 1)) {
      SignInFailures failures = world.store.signInFailures();
      failures.record("ann");
      world.pass(DAY);

      assertThat(failures.record("ann"))
          .isEqualTo(new SignInCount(2, Instant.ofEpochMilli(world.now())));
      assertThat(failures.of("ann").failed()).isEqualTo(2);
      assertThat(failures.of("bob").failed()).isZero();
      failures.clear("ann");
      assertThat(failures.of("ann")).isEqualTo(new SignInCount(0, Instant.EPOCH));
    }
  }

  @Test
  void secretsAreNotInTheDatabase() throws IOException {
    String session;
    String token;
    String invitation;
    try (World world = new World(StoreConfig.sqlite(folder), 1)) {
      session = world.store.sessions().open(world.admin.id(), DAY);
      token = world.store.apiTokens().create(world.actor, world.admin.id(), "t", Optional.empty());
      invitation = world.store.invitations().create(world.actor, Role.ADMIN, "", DAY);
    }
    String file = Files.readString(folder.resolve("labels.db"), StandardCharsets.ISO_8859_1);

    assertThat(file).contains("boss").doesNotContain(session, token, invitation);
  }
}
