package plumbline.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.InterruptedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.distributed.Ranks;

class RemoteScorerTest {
  private static final String PROMPT = "user: q\nassistant: ";

  private final RewardServer server = new RewardServer();
  private final List<Duration> waits = new ArrayList<>();

  @AfterEach
  void stop() {
    server.close();
  }

  /** Rows whose rewards are 1, 2, ... beyond the prompt's length. */
  private static List<Completion> rows(int count) {
    return IntStream.rangeClosed(1, count)
        .mapToObj(i -> Trees.row(Map.of(), "x".repeat(i), true))
        .toList();
  }

  private static double reward(int letters) {
    return PROMPT.length() + letters;
  }

  private Scorer scorer(int rowsPerRequest, int tries, double maxErrorRate, double deadline) {
    CallLimits limits = new CallLimits(deadline, tries, 2, maxErrorRate);
    Calls calls = new Calls("remote " + server.address(), limits, waits::add);
    return new RemoteScorer(
        "rm", URI.create(server.address()), Map.of(), rowsPerRequest, List.of(calls));
  }

  private Scores score(int rows, int rowsPerRequest, int tries, double maxErrorRate) {
    try (Scorer scorer = scorer(rowsPerRequest, tries, maxErrorRate, 20)) {
      return scorer.score(rows(rows));
    }
  }

  @Test
  void queriesArePromptsWithTheirResponses() {
    String yaml = "{remote: '%s', rows_per_request: 2, name: far}".formatted(server.address());
    Scores scores = Trees.score(yaml, rows(3));
    assertThat(scores.total()).containsExactly(reward(1), reward(2), reward(3));
    assertThat(scores.leaves().get("far")).containsExactly(scores.total());
    assertThat(scores.leaves().get("far/error_rate")).containsExactly(0, 0, 0);
    assertThat(server.requests).hasSize(2);
    assertThat(server.requests.get(0).toString())
        .isEqualTo(
            "{\"query\":[\"user: q\\nassistant: x\",\"user: q\\nassistant: xx\"],"
                + "\"prompts\":[\"user: q\\nassistant: \",\"user: q\\nassistant: \"]}");
    assertThat(Trees.score(yaml, List.of()).total()).isEmpty();
  }

  private static List<CompletableFuture<Completion>> promised(int count) {
    return IntStream.range(0, count).mapToObj(row -> new CompletableFuture<Completion>()).toList();
  }

  private void awaitRequests(int count) throws InterruptedException {
    for (int i = 0; i < 2000 && server.requests.size() < count; i++) {
      Thread.sleep(10);
    }
    assertThat(server.requests).hasSize(count);
  }

  @Test
  void rowsThatAreExpectedAreAskedForAsSoonAsARequestIsFull() throws Exception {
    List<Completion> rows = rows(5);
    try (Scorer scorer = scorer(2, 1, 0, 20)) {
      List<CompletableFuture<Completion>> promised = promised(5);
      scorer.expect(promised);
      for (int row : new int[] {4, 2, 1, 3}) {
        promised.get(row).complete(rows.get(row));
      }
      awaitRequests(2);
      assertThat(server.requests.get(0).get("query")).hasSize(1);
      promised.get(0).complete(rows.get(0));
      awaitRequests(3);

      Scores scores = scorer.score(rows);

      assertThat(scores.total()).containsExactly(score(5, 2, 1, 0).total());
      assertThat(server.requests).hasSize(6);
      assertThat(Set.copyOf(server.requests)).hasSize(3);
    }
  }

  @Test
  void otherRowsThanTheExpectedAreScoredAllTheSame() {
    try (Scorer scorer = scorer(2, 1, 0, 20)) {
      List<CompletableFuture<Completion>> promised = promised(4);
      scorer.expect(promised);
      assertThat(scorer.score(rows(3)).total()).containsExactly(reward(1), reward(2), reward(3));
      rows(4).forEach(row -> promised.get(row.response().length() - 1).complete(row));
      assertThat(scorer.score(rows(4)).total())
          .containsExactly(reward(1), reward(2), reward(3), reward(4));
      assertThat(server.requests).hasSize(4);
    }
  }

  @Test
  void failuresOfExpectedRowsAreThoseOfTheScoring() {
    server.then(RewardServer.answer(404, "no such path"));
    try (Scorer scorer = scorer(1, 5, 0.9, 20)) {
      List<CompletableFuture<Completion>> promised = promised(3);
      scorer.expect(promised);
      rows(3).forEach(row -> promised.get(row.response().length() - 1).complete(row));
      assertThatExceptionOfType(ScoringException.class)
          .isThrownBy(() -> scorer.score(rows(3)))
          .withMessageContaining("status 404: no such path");
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void ofSeveralProcessesTheFirstAsksEarlyAndTellsTheOthers() {
    String yaml = "{remote: '%s', rows_per_request: 2}".formatted(server.address());
    List<Completion> rows = rows(3);
    List<double[]> totals =
        Ranks.run(
            2,
            world -> {
              try (Scorer scorer = Trees.build(yaml)) {
                List<CompletableFuture<Completion>> promised = promised(3);
                scorer.expect(promised);
                IntStream.range(0, 3).forEach(row -> promised.get(row).complete(rows.get(row)));
                return scorer.score(rows).total();
              }
            });
    assertThat(totals)
        .hasSize(2)
        .allSatisfy(total -> assertThat(total).containsExactly(reward(1), reward(2), reward(3)));
    assertThat(server.requests).hasSize(2);
  }

  @Test
  void severalRequestsMayBeUnderWay() {
    CountDownLatch both = new CountDownLatch(2);
    RewardServer.Fault together =
        (exchange, request) -> {
          both.countDown();
          try {
            assertThat(both.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new InterruptedIOException();
          }
          RewardServer.lengths(exchange, request);
        };
    server.then(together, together);
    String yaml = "{remote: '%s', rows_per_request: 2, concurrency: 2}".formatted(server.address());
    assertThat(Trees.score(yaml, rows(4)).total())
        .containsExactly(reward(1), reward(2), reward(3), reward(4));
  }

  static List<RewardServer.Fault> passingFaults() {
    return List.of(
        RewardServer.answer(500, "oops"),
        RewardServer.answer(503, ""),
        RewardServer.answer(200, "{\"rewards\": [1"),
        RewardServer.answer(200, "{\"scores\": [1, 2]}"),
        RewardServer.answer(200, "{\"rewards\": [1]}"),
        RewardServer.answer(200, ""),
        RewardServer.cut());
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void whatMayPassIsTriedAgain(RewardServer.Fault fault) {
    server.then(fault, fault);
    Scores scores = score(2, 10, 3, 0);
    assertThat(scores.total()).containsExactly(reward(1), reward(2));
    assertThat(scores.leaves().get("rm/error_rate")).containsExactly(0, 0);
    assertThat(waits).containsExactly(Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void theServersOwnWaitIsKept() {
    server.then(RewardServer.retryAfter(7), RewardServer.retryAfter(1));
    score(1, 1, 3, 0);
    assertThat(waits).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(4));
  }

  @Test
  void aWaitWithoutEndIsNotWaited() {
    server.then(RewardServer.retryAfter(4000));
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> score(1, 1, 3, 0))
        .withMessageContaining("status 429: slow down, and asks to wait 4000 s");
    assertThat(waits).isEmpty();
  }

  @Test
  void anAnswerThatNeverEndsIsGivenUpAndTheNextOneIsTaken() {
    server.then(RewardServer.silence());
    try (Scorer scorer = scorer(10, 2, 0, 1)) {
      assertThat(scorer.score(rows(2)).total()).containsExactly(reward(1), reward(2));
    }
    server.then(RewardServer.silence());
    try (Scorer scorer = scorer(10, 1, 0, 0.2)) {
      assertThatExceptionOfType(ScoringException.class)
          .isThrownBy(() -> scorer.score(rows(2)))
          .withMessageContaining("(the last: no answer in 0.2 s; tries: 1)");
    }
  }

  @Test
  void rowsThatFailedGetTheMeanOfTheOthersAndAreCounted() {
    server.then(RewardServer.answer(500, "oops"));
    Scores scores = score(4, 1, 1, 0.25);
    double mean = (reward(2) + reward(3) + reward(4)) / 3;
    assertThat(scores.total()).containsExactly(mean, reward(2), reward(3), reward(4));
    assertThat(scores.leaves().get("rm")).containsExactly(scores.total());
    assertThat(scores.leaves().get("rm/error_rate")).containsExactly(1, 0, 0, 0);
  }

  @Test
  void rewardsThatAreNoNumbersFailRowByRow() {
    server.then(RewardServer.answer(200, "{\"rewards\": [1, \"NaN\", null, [4]]}"));
    Scores scores = score(4, 4, 1, 0.5);
    assertThat(scores.total()).containsExactly(1, 2.5, 2.5, 4);
    assertThat(scores.leaves().get("rm/error_rate")).containsExactly(0, 1, 1, 0);
    server.then(RewardServer.answer(200, "{\"rewards\": [1, NaN]}"));
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> score(2, 2, 1, 0.9))
        .withMessageContaining("the answer is not JSON");
  }

  @Test
  void aboveTheLimitTheRunStopsWithAReason() {
    server.then(RewardServer.answer(500, "oops"), RewardServer.answer(502, "worse"));
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> score(4, 1, 1, 0.49))
        .withMessage(
            "remote "
                + server.address()
                + ": 2 of 4 rows have no score (the last: status 502: worse; tries: 1),"
                + " max_error_rate is 0.49");
  }

  @Test
  void aServerThatIsNotThereStopsTheRun() {
    server.close();
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> score(2, 1, 2, 0.9))
        .withMessageContaining("2 of 2 rows have no score (the last: no connection; tries: 2)");
    assertThat(waits).hasSize(2);
  }

  @Test
  void aRefusalIsNotTriedAgain() {
    server.then(RewardServer.answer(404, "no such path"));
    assertThatExceptionOfType(ScoringException.class)
        .isThrownBy(() -> score(2, 1, 5, 0.9))
        .withMessageContaining(
            "status 404: no such path; check the address, its path and 'headers'");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void headersComeFromTheEnvironmentAlone() {
    RemoteLeaf leaf =
        Trees.tree("{remote: '%s', headers: {Authorization: TOKEN}}".formatted(server.address()))
            .bind(RemoteLeaf.class);
    assertThat(leaf.headers(name -> name.equals("TOKEN") ? "Bearer 1" : null))
        .containsExactly(Map.entry("Authorization", "Bearer 1"));
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> leaf.headers(name -> null))
        .withMessageEndingWith(
            "the header Authorization wants the environment variable TOKEN, which is not set");
    Calls calls = new Calls("remote", new CallLimits(20, 1, 0, 0));
    try (Scorer scorer =
        new RemoteScorer(
            "rm",
            URI.create(server.address()),
            leaf.headers(name -> "Bearer 1"),
            8,
            List.of(calls))) {
      scorer.score(rows(1));
    }
    assertThat(server.tokens).containsExactly("Bearer 1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{remote: nowhere} | remote is 'nowhere', wanted http://host:port/path",
        "{remote: 'ftp://a/b'} | wanted http://host:port/path",
        "{remote: 'http://me:secret@a/b'} | give it by 'headers' from the environment",
        "{remote: 'http://a/b', calls: {trise: 2}} | unknown key 'calls.trise'; did you mean 'calls.tries'?",
        "{remote: 'http://a/b', calls: {max_error_rate: 1}} | wanted a number from 0 to 0.99",
        "{remote: 'http://a/b', headers: {A: PLUMBLINE_UNSET_1}} | which is not set",
      })
  void wrongKeysAreFoundBeforeAnyRequest(String yaml, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Trees.check(yaml))
        .withMessageContaining(message)
        .withMessageStartingWith("x.yaml:1: ");
  }
}
