package plumbline.judge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import plumbline.config.Config;
import plumbline.data.Prompt;
import plumbline.judge.Judging.Orders;

/** Without a clock: how many rounds an endpoint works that ends its calls together. */
class ThroughputTest {
  private static final int CALLS = 96;
  private static final long PATIENCE_MILLIS = 20_000;

  /**
   * An endpoint that works on so many calls at a time and ends a round only when it has as many as
   * it may get: whoever brings fewer than allowed at a time makes it wait in vain.
   */
  private static final class Rounds implements ChatClient {
    private final int limit;
    private final int allowed;
    private int left = CALLS;
    private int waiting;
    private int working;
    private int rounds;
    private int inVain;

    Rounds(int limit, int allowed) {
      this.limit = limit;
      this.allowed = allowed;
    }

    @Override
    public synchronized ChatAnswer ask(ChatRequest request, Duration time) {
      waiting++;
      notifyAll();
      long end = System.currentTimeMillis() + PATIENCE_MILLIS;
      try {
        while (working == 0 && waiting < Math.min(allowed, left)) {
          long millis = end - System.currentTimeMillis();
          if (millis <= 0) {
            inVain++;
            break;
          }
          wait(millis);
        }
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      if (working == 0) {
        rounds++;
        working = Math.min(limit, waiting);
      }
      working--;
      waiting--;
      left--;
      notifyAll();
      return new ChatAnswer("A", Optional.empty(), Map.of(), Optional.empty());
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 96", "2, 48", "4, 24", "8, 12", "12, 8", "16, 8", "48, 8"})
  void anEndpointThatTakesTwelveAtATimeIsKeptBusyAsFarAsIsAllowed(int allowed, int rounds) {
    Rounds endpoint = new Rounds(12, allowed);
    RemoteConfig config =
        Config.parse("{endpoint: 'http://x/v1', model: m}", "test")
            .with("concurrency=" + allowed)
            .bind(RemoteConfig.class);
    Judge judge = RemoteJudge.of(config, endpoint, new Budget(OptionalDouble.empty()));
    List<Duel> duels =
        IntStream.range(0, CALLS)
            .mapToObj(
                i ->
                    new Duel(
                        "p" + i,
                        Prompt.of("question " + i),
                        new Duel.Side("one", "a"),
                        new Duel.Side("two", "b")))
            .toList();

    assertThat(new Judging(judge, Orders.GIVEN).judge(duels, () -> {})).hasSize(CALLS);

    assertThat(endpoint.inVain).isZero();
    assertThat(endpoint.rounds).isEqualTo(rounds);
  }
}
