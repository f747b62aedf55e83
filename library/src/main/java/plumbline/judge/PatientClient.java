package plumbline.judge;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.LongSupplier;
import plumbline.data.Message;
import plumbline.judge.CallFailed.Fault;

/**
 * Asks until there is an answer that can be read: calls that fail are made again after growing
 * waits with jitter, or as long as the server asks for, until the verdict's deadline; no more calls
 * run at a time than allowed; every call's highest cost is set aside first.
 */
final class PatientClient {
  /** How waiting is done; tests do not wait. */
  interface Pause {
    void sleep(Duration time) throws InterruptedException;
  }

  /**
   * What asking came to.
   *
   * @param said what was read; empty if the last answer could not be read either
   * @param last the last answer
   * @param usage of all answers
   */
  record Asked<T>(Optional<T> said, ChatAnswer last, Usage usage) {}

  /** What a chat format may add to a message's own words, in tokens. */
  private static final int MESSAGE_OVERHEAD = 32;

  private final RemoteConfig config;
  private final ChatClient client;
  private final Budget budget;
  private final Pause pause;
  private final LongSupplier nanoTime;
  private final Semaphore permits;
  private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
  private Usage usage = Usage.NONE;
  private double possible;

  PatientClient(
      RemoteConfig config, ChatClient client, Budget budget, Pause pause, LongSupplier nanoTime) {
    this.config = config;
    this.client = client;
    this.budget = budget;
    this.pause = pause;
    this.nanoTime = nanoTime;
    this.permits = new Semaphore(config.concurrency(), true);
  }

  /**
   * Asks.
   *
   * @param reader reads an answer; what it cannot read is asked for again, {@code parse_tries}
   *     answers in all
   * @throws JudgeUnavailable if the deadline passes without an answer
   * @throws BudgetSpent if the next call might cost more than what is left
   */
  <T> Asked<T> ask(ChatRequest request, Function<ChatAnswer, Optional<T>> reader) {
    Attempts attempts = new Attempts(nanoTime.getAsLong());
    while (true) {
      try {
        ChatAnswer answer = call(request, attempts);
        Optional<T> said = reader.apply(answer);
        if (said.isEmpty()) {
          count(Fault.UNREADABLE);
          attempts.unusable++;
        }
        if (said.isPresent() || attempts.unusable >= config.parseTries()) {
          return new Asked<>(said, answer, attempts.used);
        }
      } catch (CallFailed e) {
        count(e.fault());
        attempts.failed(e);
      }
    }
  }

  private ChatAnswer call(ChatRequest request, Attempts attempts) throws CallFailed {
    try (Budget.Reservation money = budget.reserve(mostUsd(request))) {
      acquire();
      try {
        attempts.calls++;
        ChatAnswer answer = client.ask(request, attempts.limit());
        attempts.used = attempts.used.plus(settle(money, answer.tokens()));
        return answer;
      } catch (CallFailed e) {
        if (e.tokens().isPresent()) {
          attempts.used = attempts.used.plus(settle(money, e.tokens()));
        } else if (e.fault().maybePaid()) {
          lost(money);
        }
        throw e;
      } finally {
        permits.release();
      }
    }
  }

  private void acquire() {
    try {
      permits.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new JudgeUnavailable("interrupted while waiting for a call");
    }
  }

  /** An answer that does not say what it took is charged with the most that it may have. */
  private Usage settle(Budget.Reservation money, Optional<ChatAnswer.TokenCount> tokens) {
    if (tokens.isEmpty()) {
      lost(money);
      return add(new Usage(1, 0, 0, 0));
    }
    double usd = config.usd(tokens.get());
    money.settle(usd);
    return add(new Usage(1, tokens.get().input(), tokens.get().output(), usd));
  }

  private void lost(Budget.Reservation money) {
    money.lost();
    synchronized (faults) {
      possible += money.most();
    }
  }

  private Usage add(Usage one) {
    synchronized (faults) {
      usage = usage.plus(one);
    }
    return one;
  }

  private void count(Fault fault) {
    synchronized (faults) {
      faults.merge(fault, 1L, Long::sum);
    }
  }

  /** A token is at least one byte, so a text has no more tokens than bytes. */
  private double mostUsd(ChatRequest request) {
    long input = MESSAGE_OVERHEAD * (2L + request.labels().size());
    for (Message message : request.messages()) {
      input += MESSAGE_OVERHEAD + message.content().getBytes(StandardCharsets.UTF_8).length;
    }
    return config.usd(new ChatAnswer.TokenCount(input, config.maxTokens()));
  }

  Spending spending() {
    synchronized (faults) {
      Map<String, Long> named = new TreeMap<>();
      faults.forEach((fault, times) -> named.put(fault.toString(), times));
      return new Spending(usage, possible, named, 0);
    }
  }

  /** The calls for one verdict. */
  private final class Attempts {
    private final long start;
    private int calls;
    private int failures;
    private int unusable;
    private Usage used = Usage.NONE;

    Attempts(long start) {
      this.start = start;
    }

    private Duration left() {
      return Endpoint.seconds(config.deadline()).minusNanos(nanoTime.getAsLong() - start);
    }

    /** How long the next call may take. */
    private Duration limit() {
      Duration one = Endpoint.seconds(config.timeout());
      Duration left = left();
      if (left.isNegative() || left.isZero()) {
        throw unavailable("its deadline has passed");
      }
      return one.compareTo(left) < 0 ? one : left;
    }

    /** Waits before the next call, if there should be one. */
    private void failed(CallFailed e) {
      failures++;
      if (e.fault() == Fault.WRONG_MODEL && ++unusable >= config.parseTries()) {
        throw unavailable(e.getMessage());
      }
      Duration wait = e.serverWait().map(this::notBefore).orElseGet(this::jittered);
      if (wait.compareTo(left()) >= 0) {
        throw unavailable(e.getMessage());
      }
      try {
        pause.sleep(wait);
      } catch (InterruptedException interrupt) {
        Thread.currentThread().interrupt();
        throw new JudgeUnavailable("interrupted while waiting");
      }
    }

    /** What the server asks for, and a little more, so that not all come back at once. */
    private Duration notBefore(Duration asked) {
      return asked.plusNanos(jittered().toNanos() / 10);
    }

    /** Between half of the back-off and all of it, so that many callers do not come at once. */
    private Duration jittered() {
      double share = ThreadLocalRandom.current().nextDouble(0.5, 1);
      return Duration.ofNanos((long) (backOff().toNanos() * share));
    }

    private Duration backOff() {
      double doubled = config.firstWait() * Math.pow(2, Math.min(failures - 1, 30));
      return Endpoint.seconds(Math.min(config.longestWait(), doubled));
    }

    private JudgeUnavailable unavailable(String why) {
      return new JudgeUnavailable(
          String.format(
              Locale.ROOT,
              "%s: no verdict after %d calls in %.0f s: %s",
              config.judgeName(),
              calls,
              (nanoTime.getAsLong() - start) / 1e9,
              why));
    }
  }
}
