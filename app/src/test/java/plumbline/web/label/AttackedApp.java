package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.StoreConfig;
import plumbline.annotation.store.Votes;

/** The app that attacks are tried on, with a clock that they set. */
abstract class AttackedApp {
  @TempDir Path folder;
  final MovingClock clock = new MovingClock();
  LabelApp app;

  /** A clock that tests set. */
  static final class MovingClock extends Clock {
    Duration ahead = Duration.ZERO;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.now().plus(ahead);
    }
  }

  @BeforeEach
  void start() {
    StoreConfig store = StoreConfig.sqlite(folder).withClock(clock);
    app =
        new LabelApp(
            LabelServerConfig.of(store, 0)
                .withRequestsPerMinute(100_000)
                .withLargestUpload(100_000));
  }

  @AfterEach
  void stop() {
    app.close();
  }

  void assertRefused(String why) {
    assertThat(app.audited()).contains("refused." + why);
  }

  List<CastVote> votes(Account account, Project project) {
    return app.store()
        .votes()
        .history(account.id(), project.id(), Votes.Selection.ALL, Long.MAX_VALUE, 50);
  }
}
