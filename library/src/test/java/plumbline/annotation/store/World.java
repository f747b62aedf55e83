package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/** A store with a project of one question, an admin, and a clock that tests move. */
final class World implements AutoCloseable {
  /** An answer is the id of the best response. */
  private static final AnswerReader ANSWERS =
      new AnswerReader() {
        private final AnswerReader equal = new EqualAnswers();

        @Override
        public OptionalDouble agreement(JsonNode questions, List<JsonNode> answers) {
          return equal.agreement(questions, answers);
        }

        @Override
        public OptionalDouble accuracy(JsonNode questions, JsonNode gold, JsonNode answers) {
          return equal.accuracy(questions, gold, answers);
        }

        @Override
        public Optional<String> preferred(JsonNode questions, JsonNode answers) {
          return Optional.of(answers.path("better").asText());
        }
      };

  private final AtomicLong millis = new AtomicLong(1_000_000_000_000L);
  private final AtomicLong nonces = new AtomicLong();
  final StoreConfig config;
  final LabelStore store;
  final Project project;
  final Account admin;
  final Actor actor;

  World(StoreConfig config, int overlap) {
    this(config, new ProjectSettings(questions(), overlap, 30, 0, OptionalDouble.empty(), true));
  }

  World(StoreConfig config, ProjectSettings settings) {
    this.config = config.withClock(clock()).withAnswers(ANSWERS);
    store = LabelStore.open(this.config);
    admin = store.accounts().create(Actor.SYSTEM, "boss", Role.ADMIN, "", "hash");
    actor = Actor.of(admin, "127.0.0.1");
    project = store.projects().create(actor, "pairs", "Pairs", settings);
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochMilli(millis.get());
      }
    };
  }

  void pass(Duration time) {
    millis.addAndGet(time.toMillis());
  }

  long now() {
    return millis.get();
  }

  static JsonNode questions() {
    return Json.parse("[{\"id\": \"better\", \"type\": \"pairwise\", \"text\": \"Which?\"}]");
  }

  static JsonNode prefers(String response) {
    return Json.object().put("better", response);
  }

  Account annotator(String name) {
    return annotator(name, "");
  }

  Account annotator(String name, String group) {
    return store.accounts().create(actor, name, Role.ANNOTATOR, group, "hash");
  }

  /** Items {@code item-0 ..} of two responses a and b. */
  void items(int count) {
    add(IntStream.range(0, count).mapToObj(i -> item("item-" + i)).toList());
  }

  AddedItems add(List<NewItem> items) {
    return store.items().add(actor, project.id(), items.iterator());
  }

  static NewItem item(String id) {
    return item(id, List.of(), Optional.empty());
  }

  static NewItem gold(String id, String right) {
    return item(id, List.of(), Optional.of(prefers(right)));
  }

  static NewItem item(String id, List<ResponseSet> sets, Optional<JsonNode> gold) {
    return new NewItem(
        id,
        "chat",
        Json.parse("[{\"role\": \"user\", \"content\": \"Hello?\"}]"),
        List.of(
            new Response("a", "model-1", "Hello!"),
            new Response("b", "model-2", "What?"),
            new Response("c", "model-3", "Hi.")),
        sets,
        gold,
        Json.object());
  }

  Lease next(Account account) {
    return store.handOut().next(account.id(), project.id()).orElseThrow();
  }

  CastVote vote(Account account, String best) {
    return submit(next(account), best);
  }

  CastVote submit(Lease lease, String best) {
    return store.votes().submit(lease.id(), lease.accountId(), prefers(best), 10, nonce());
  }

  String nonce() {
    return "n" + nonces.incrementAndGet();
  }

  ItemState state(Item item) {
    return store.items().byId(item.id()).orElseThrow().state();
  }

  @Override
  public void close() {
    store.close();
  }
}
