package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import plumbline.web.label.Desk.Reply;
import plumbline.web.label.Desk.Task;

/**
 * Somebody who votes, skips, undoes, reloads, dawdles and sends things twice, and who sends again
 * what got no answer.
 */
final class SimulatedAnnotator {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Leases last a minute; the clocks of both processes are the same, their haste is not. */
  private static final Duration SURE = Duration.ofSeconds(55);

  private static final Duration OUT = Duration.ofSeconds(62);

  private final String name;
  private final Desk desk;
  private final LoadLog log;
  private final Random random;
  private final Habits habits;
  private int count;

  /** What was handed out and is neither answered nor given back as far as this person knows. */
  private volatile Optional<Held> held = Optional.empty();

  /** A lease, and when it was asked for, in nanoseconds. */
  record Held(Task task, long since) {
    boolean sure() {
      return System.nanoTime() - since < SURE.toNanos();
    }
  }

  /**
   * What a person does.
   *
   * @param interrupted whether leases may run out before their time: a test sees to it
   * @param pauseMillis between two requests, in the mean
   * @param dawdles whether there is time for somebody to let a lease run out
   * @param thinks whether to go on thinking about a task
   */
  record Habits(
      boolean interrupted, int pauseMillis, BooleanSupplier dawdles, BooleanSupplier thinks) {}

  SimulatedAnnotator(String name, Desk desk, LoadLog log, long seed, Habits habits) {
    this.name = name;
    this.desk = desk;
    this.log = log;
    this.random = new Random(seed);
    this.habits = habits;
  }

  String name() {
    return name;
  }

  boolean interrupted() {
    return habits.interrupted();
  }

  /** A lease that nothing has been sent for since it was handed out. */
  Optional<Held> held() {
    return held;
  }

  void signIn() throws Exception {
    answered(
        () -> {
          desk.signIn();
          return true;
        });
  }

  void work(BooleanSupplier over) throws Exception {
    while (!over.getAsBoolean()) {
      int chance = random.nextInt(100);
      if (chance < 4 && count > 0) {
        undo();
      } else {
        Optional<Task> task = next();
        if (task.isEmpty()) {
          Thread.sleep(100);
        } else if (chance >= 12) {
          answer(task.get(), chance);
        }
      }
      pause();
    }
  }

  private void pause() throws InterruptedException {
    if (habits.pauseMillis() > 0) {
      Thread.sleep(random.nextInt(2 * habits.pauseMillis()));
    }
  }

  /** What is held is what comes again. */
  private Optional<Task> next() throws Exception {
    long asked = System.nanoTime();
    Optional<Held> before = held;
    Optional<Task> task = answered(desk::next);
    if (before.isPresent() && before.get().sure() && !habits.interrupted()) {
      assertThat(task).as("what %s is given again", name).isPresent();
      assertThat(task.get().lease()).as("lease of %s", name).isEqualTo(before.get().task().lease());
      assertThat(task.get().shown()).isEqualTo(before.get().task().shown());
    } else {
      before = Optional.empty();
    }
    long since = before.map(Held::since).orElse(asked);
    held = task.map(one -> new Held(one, since));
    return task;
  }

  private void answer(Task task, int chance) throws Exception {
    if (random.nextInt(500) == 0 && habits.dawdles().getAsBoolean()) {
      Thread.sleep(OUT.toMillis());
    } else {
      pause();
    }
    while (habits.thinks().getAsBoolean()) {
      Thread.sleep(10);
    }
    Held before = held.orElseThrow();
    held = Optional.empty();
    String words = name + " says " + count++;
    int slot = 1 + random.nextInt(2);
    boolean skips = chance < 15;
    Callable<Reply> send = () -> skips ? desk.skip(task, words) : desk.vote(task, slot, words);

    Reply reply = answered(send);

    LoadLog.Answer sent =
        new LoadLog.Answer(name, task.lease(), skips ? "" : task.shown().get(slot - 1));
    if (reply == Reply.REFUSED) {
      assertThat(before.sure() && !habits.interrupted())
          .as("a vote of %s on a live lease was refused", name)
          .isFalse();
      log.refused.put(words, sent);
      return;
    }
    log.acknowledged.put(words, sent);
    log.votes.addAndGet(skips ? 0 : 1);
    if (random.nextInt(10) == 0) {
      assertThat(answered(send)).as("the same again").isEqualTo(Reply.TAKEN);
    }
  }

  /** Sent once: a second one would take back one more. */
  private void undo() throws InterruptedException {
    held = Optional.empty();
    try {
      if (desk.undo() == Reply.TAKEN) {
        log.undone.merge(name, 1, Integer::sum);
      }
    } catch (Desk.Slower e) {
      log.slowed.incrementAndGet();
    } catch (IOException e) {
      log.unanswered.incrementAndGet();
      log.perhapsUndone.merge(name, 1, Integer::sum);
    }
  }

  /** Sends a request until an answer comes. */
  private <T> T answered(Callable<T> request) throws Exception {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PATIENCE.toNanos()) {
      try {
        return request.call();
      } catch (Desk.Slower e) {
        log.slowed.incrementAndGet();
        Thread.sleep(300);
      } catch (IOException e) {
        log.unanswered.incrementAndGet();
        Thread.sleep(50 + random.nextInt(100));
      }
    }
    throw new AssertionError(name + " got no answer for " + PATIENCE);
  }
}
