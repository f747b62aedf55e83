package plumbline.web.label;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.CastVote;
import plumbline.annotation.store.Databases;
import plumbline.annotation.store.Invariants;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.NewItem;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.ProjectSettings;
import plumbline.annotation.store.Response;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;
import plumbline.annotation.store.VoteKind;
import plumbline.annotation.store.Votes;
import plumbline.web.PasswordHash;
import plumbline.web.label.SimulatedAnnotator.Habits;
import plumbline.web.label.SimulatedAnnotator.Held;

/**
 * Many people at once, half of them through the pages and half through the API, against the command
 * {@code label serve}, which is killed and started again while they work.
 *
 * <p>The system property {@code plumbline.load.seconds} makes it long and {@code
 * plumbline.load.people}, {@code .kills} and {@code .pause} (milliseconds between a person's
 * requests) say how; response times are printed.
 */
class LabelLoadTest {
  private static final int SECONDS = Integer.getInteger("plumbline.load.seconds", 0);
  private static final boolean LONG = SECONDS > 0;
  private static final int PEOPLE = Integer.getInteger("plumbline.load.people", LONG ? 64 : 8);
  private static final int KILLS = Integer.getInteger("plumbline.load.kills", LONG ? 5 : 1);
  private static final int PAUSE = Integer.getInteger("plumbline.load.pause", 0);

  /** The short form ends with so many votes, however long they take. */
  private static final int VOTES = 240;

  private static final int ITEMS = LONG ? 60 * SECONDS : VOTES;
  private static final int OVERLAP = 3;

  /** Before a kill, so that some hold leases and have sent nothing. */
  private static final int THINK_MILLIS = LONG ? 3000 : 1500;

  private static final int LEASE_MINUTES = 1;
  private static final Duration LEASE = Duration.ofMinutes(LEASE_MINUTES);
  private static final String QUESTIONS =
      """
      [{"type": "pairwise", "id": "better", "strengths": 3}, {"type": "comment", "id": "why"}]""";

  @TempDir private Path folder;

  private final LoadLog log = new LoadLog();
  private final List<SimulatedAnnotator> people = new ArrayList<>();
  private StoreConfig config;
  private Invariants invariants;
  private ServedLabels server;
  private volatile boolean failed;
  private volatile boolean thinking;
  private volatile long began;
  private int heldOver;

  @ParameterizedTest
  @EnumSource
  void whatPeopleWereToldHoldsThoughTheServerIsKilled(Databases database) throws Exception {
    config = database.fresh(folder);
    invariants = new Invariants(config, OVERLAP);
    set();
    server = ServedLabels.start(config, folder.resolve("words-0"), 0);
    HttpClient client = HttpClient.newHttpClient();
    for (int i = 0; i < PEOPLE; i++) {
      people.add(person(i, client));
    }
    ExecutorService threads = Executors.newFixedThreadPool(PEOPLE);
    try {
      work(threads);
    } finally {
      threads.shutdownNow();
      server.close();
    }
    report(database);
    invariants.checkNow();
    invariants.checkHistory();
    try (LabelStore store = LabelStore.open(config)) {
      checkVotes(store);
    }
    assertThat(log.votes.get()).isPositive();
    assertThat(heldOver).as("leases that were held when the server was killed").isPositive();
  }

  // ---- the scene

  private void set() {
    String hash = PasswordHash.hash(LabelApp.PASSWORD);
    ProjectSettings three = LabelApp.settings(QUESTIONS, OVERLAP);
    ProjectSettings settings =
        new ProjectSettings(
            three.questions(),
            OVERLAP,
            LEASE_MINUTES,
            three.goldShare(),
            three.reviewBelow(),
            three.blind());
    List<NewItem> items =
        IntStream.range(0, ITEMS)
            .mapToObj(i -> LabelApp.item("item-" + i, "Question number " + i + "?", 2))
            .toList();
    try (LabelStore store = LabelStore.open(config)) {
      Project project = store.projects().create(Actor.SYSTEM, Desk.PROJECT, "Load", settings);
      store.items().add(Actor.SYSTEM, project.id(), items.iterator());
      for (int i = 0; i < PEOPLE; i++) {
        store.accounts().create(Actor.SYSTEM, name(i), Role.ANNOTATOR, "", hash);
      }
    }
  }

  private static String name(int person) {
    return "person-" + person;
  }

  private SimulatedAnnotator person(int i, HttpClient client) {
    Desk.Pages pages = new Desk.Pages(new Visit(server.address()), name(i), log);
    Desk desk = i % 2 == 0 ? pages : new Desk.Api(client, server.address(), pages);
    boolean slow = i % 8 > 5;
    boolean thinker = slow || i % 3 == 0;
    Habits habits =
        new Habits(slow, PAUSE, this::timeToDawdle, () -> thinker && thinking && !failed);
    return new SimulatedAnnotator(name(i), desk, log, i, habits);
  }

  private double progress() {
    return LONG ? (System.nanoTime() - began) / 1e9 / SECONDS : (double) log.votes.get() / VOTES;
  }

  private boolean timeToDawdle() {
    return LONG && progress() * SECONDS + 1.2 * LEASE.toSeconds() < SECONDS;
  }

  // ---- the work

  private void work(ExecutorService threads) throws Exception {
    List<Future<?>> begun = new ArrayList<>();
    for (SimulatedAnnotator person : people) {
      begun.add(threads.submit(() -> call(person::signIn)));
    }
    await(begun);
    began = System.nanoTime();
    BooleanSupplier over = () -> failed || progress() >= 1;
    begun.clear();
    for (SimulatedAnnotator person : people) {
      begun.add(threads.submit(() -> call(() -> person.work(over))));
    }
    for (int kill = 1; kill <= KILLS && !failed; kill++) {
      while (!failed && progress() < (double) kill / (KILLS + 1)) {
        Thread.sleep(LONG ? 1000 : 50);
        invariants.checkNow();
      }
      killAndStart(kill);
    }
    await(begun);
  }

  /** A part of a person's work; the others stop where it fails. */
  private interface Part {
    void run() throws Exception;
  }

  private Object call(Part part) throws Exception {
    try {
      part.run();
    } catch (Exception | AssertionError e) {
      failed = true;
      throw e;
    }
    return people;
  }

  private static void await(List<Future<?>> futures) throws Exception {
    for (Future<?> future : futures) {
      future.get(10, TimeUnit.MINUTES);
    }
  }

  private void killAndStart(int kill) throws Exception {
    thinking = true;
    Thread.sleep(THINK_MILLIS);
    server.kill();
    Map<SimulatedAnnotator, Held> held = new HashMap<>();
    people.forEach(person -> person.held().ifPresent(one -> held.put(person, one)));
    try (LabelStore store = LabelStore.open(config)) {
      long project = store.projects().bySlug(Desk.PROJECT).orElseThrow().id();
      held.forEach((person, one) -> checkHeld(store, project, person, one));
    }
    interrupt(held);
    server = ServedLabels.start(config, folder.resolve("words-" + kill), server.port());
    thinking = false;
  }

  private void checkHeld(LabelStore store, long project, SimulatedAnnotator person, Held held) {
    if (!held.sure() || person.interrupted()) {
      return;
    }
    long account = store.accounts().byName(person.name()).orElseThrow().id();
    Optional<Lease> lease = store.handOut().current(account, project);
    assertThat(lease).as("what %s holds", person.name()).isPresent();
    assertThat(lease.get().id()).isEqualTo(held.task().lease());
    assertThat(lease.get().responses().stream().map(Response::content))
        .isEqualTo(held.task().shown());
    heldOver++;
  }

  /** Some leases end at once: a draft of nearly a minute ago makes them begin anew then. */
  private void interrupt(Map<SimulatedAnnotator, Held> held) {
    Clock past = Clock.offset(config.clock(), LEASE.minusMillis(100).negated());
    try (LabelStore store = LabelStore.open(config.withClock(past))) {
      held.forEach(
          (person, one) -> {
            if (person.interrupted()) {
              long account = store.accounts().byName(person.name()).orElseThrow().id();
              long lease = one.task().lease();
              store.handOut().saveDraft(lease, account, LabelApp.json("{}"));
            }
          });
    }
  }

  // ---- afterwards

  private void report(Databases database) {
    double seconds = (System.nanoTime() - began) / 1e9;
    System.out.printf(
        "%s: %d people for %.0f s, server killed %d times, %d live leases checked then; %s;"
            + " %.1f votes a second%n%n%s%n",
        database, PEOPLE, seconds, KILLS, heldOver, log, log.votes.get() / seconds, log.table());
  }

  /** Nothing is there that nobody was told, and nothing twice. */
  private void checkVotes(LabelStore store) {
    long project = store.projects().bySlug(Desk.PROJECT).orElseThrow().id();
    Map<String, CastVote> stored = new HashMap<>();
    Map<Long, Integer> undone = new HashMap<>();
    store.votes().stream(
        project,
        Votes.Selection.ALL,
        vote -> {
          if (vote.kind() == VoteKind.UNDO) {
            undone.merge(vote.accountId(), 1, Integer::sum);
          } else {
            assertThat(stored.put(words(vote), vote)).as("stored twice: %s", vote).isNull();
          }
        });
    assertThat(stored.keySet()).isEqualTo(log.acknowledged.keySet());
    Map<Long, String> names = new HashMap<>();
    store.accounts().list().forEach(account -> names.put(account.id(), account.name()));
    stored.forEach(
        (words, vote) -> {
          LoadLog.Answer sent = log.acknowledged.get(words);
          assertThat(names.get(vote.accountId())).isEqualTo(sent.name());
          assertThat(vote.leaseId()).hasValue(sent.lease());
          assertThat(preferred(vote)).isEqualTo(sent.preferred());
        });
    for (SimulatedAnnotator person : people) {
      Account account = store.accounts().byName(person.name()).orElseThrow();
      int sure = log.undone.getOrDefault(person.name(), 0);
      int perhaps = log.perhapsUndone.getOrDefault(person.name(), 0);
      assertThat(undone.getOrDefault(account.id(), 0))
          .as("undone by %s", person.name())
          .isBetween(sure, sure + perhaps);
    }
  }

  private static String words(CastVote vote) {
    return vote.kind() == VoteKind.SKIP
        ? vote.reason().replaceFirst("^other: ", "")
        : vote.answers().path("why").asText();
  }

  private static String preferred(CastVote vote) {
    String id = vote.answers().path("better").path("preferred").asText();
    return id.replace("secret-model-", "Answer text ");
  }
}
