package plumbline.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Prompt;
import plumbline.distributed.Ranks;
import plumbline.distributed.World;
import plumbline.dpo.OnlineDpoConfig;
import plumbline.model.Generator.Generated;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.Sampling;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.RolloutMismatch;
import plumbline.score.RewardServer;
import plumbline.score.ScoringException;
import plumbline.train.Rollout;

/** Against a server that fails and lies: tokens and log-probs are functions of the seed. */
class RolloutServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int END = 3;
  private static final int VOCABULARY = 50;
  private static final int MOST = 6;

  private final RewardServer server = new RewardServer("/v1", RolloutServerTest::honest);
  @TempDir Path folder;

  @AfterEach
  void stop() {
    server.close();
  }

  /** What an honest server draws: up to the end token or the limit. */
  private static Generated drawn(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = random.nextInt(1, MOST + 1);
    boolean ended = length < MOST || random.nextBoolean();
    int[] ids = random.ints(length, END + 1, VOCABULARY).toArray();
    if (ended) {
      ids[length - 1] = END;
    }
    float[] logprobs = new float[length];
    for (int t = 0; t < length; t++) {
      logprobs[t] = (float) -random.nextDouble(5);
    }
    return new Generated(ids, logprobs, ended);
  }

  private static ObjectNode answer(JsonNode request) {
    Generated drawn = drawn(request.get("seed").longValue());
    ObjectNode answer = JSON.createObjectNode();
    answer.set("model", request.get("model"));
    ObjectNode choice = answer.putArray("choices").addObject();
    choice.put("finish_reason", drawn.ended() ? "stop" : "length");
    choice.set("prompt_token_ids", request.get("prompt"));
    choice.set("token_ids", JSON.valueToTree(drawn.ids()));
    ObjectNode logprobs = choice.putObject("logprobs");
    logprobs.set("token_logprobs", JSON.valueToTree(drawn.logprobs()));
    IntStream.of(drawn.ids()).forEach(logprobs.withArray("tokens")::addPOJO);
    return answer;
  }

  private static void honest(HttpExchange exchange, JsonNode request) throws IOException {
    RewardServer.send(exchange, 200, answer(request).toString());
  }

  /** An honest answer, but for something. */
  private interface Lie {
    void tell(ObjectNode answer, ObjectNode choice);
  }

  private static RewardServer.Fault lie(Lie lie) {
    return (exchange, request) -> {
      ObjectNode answer = answer(request);
      lie.tell(answer, (ObjectNode) answer.at("/choices/0"));
      RewardServer.send(exchange, 200, answer.toString());
    };
  }

  private RolloutServer open(String... more) {
    return open(Map.of("RK", "secret"), more);
  }

  private RolloutServer open(Map<String, String> environment, String... more) {
    String yaml =
        "{endpoint: '%s', model: base, first_wait: 0.001, tries: 3, timeout: 20, concurrency: 4}"
            .formatted(server.address());
    ConfigTree tree = Config.parse(yaml, "x.yaml");
    for (String setting : more) {
      tree = tree.with(setting);
    }
    RolloutServerConfig config = tree.bind(RolloutServerConfig.class);
    return new RolloutServer(config, END, folder, environment);
  }

  private List<Generated> draw(RolloutServer client, long... seeds) {
    List<int[]> prompts =
        IntStream.range(0, seeds.length).mapToObj(row -> new int[] {7, row}).toList();
    return client
        .source(VOCABULARY, Sampling.full(MOST))
        .draw(prompts, seeds, (response, row) -> {});
  }

  private static void assertDrawn(List<Generated> found, long... seeds) {
    assertThat(found).hasSize(seeds.length);
    for (int row = 0; row < seeds.length; row++) {
      Generated wanted = drawn(seeds[row]);
      assertThat(found.get(row).ids()).isEqualTo(wanted.ids());
      assertThat(found.get(row).logprobs()).isEqualTo(wanted.logprobs());
      assertThat(found.get(row).ended()).isEqualTo(wanted.ended());
    }
  }

  @Test
  void responsesComeInTheOrderOfTheirPromptsWithTheirOwnSeeds() {
    long[] seeds = new SplittableRandom(5).longs(40).toArray();
    try (RolloutServer client = open("key_env=RK")) {
      assertDrawn(draw(client, seeds), seeds);
      assertThat(client.takeRetries()).isZero();
    }
    assertThat(server.tokens).containsOnly("Bearer secret");
    JsonNode request = server.requests.get(0);
    assertThat(request.get("model").asText()).isEqualTo("base");
    assertThat(request.get("stop_token_ids").toString()).isEqualTo("[" + END + "]");
    assertThat(request.get("top_k").intValue()).isEqualTo(-1);
  }

  static List<RewardServer.Fault> passing() {
    return List.of(
        RewardServer.answer(500, "oops"),
        RewardServer.answer(429, "slow down"),
        RewardServer.answer(200, "{\"choices\": ["),
        RewardServer.answer(200, "{\"choices\": []}"),
        RewardServer.answer(200, ""),
        RewardServer.cut(),
        lie((answer, choice) -> answer.put("model", "another")),
        lie((answer, choice) -> answer.withArray("choices").add(choice.deepCopy())),
        lie((answer, choice) -> choice.putArray("prompt_token_ids").add(1)),
        lie((answer, choice) -> choice.withArray("token_ids").set(0, VOCABULARY)),
        lie((answer, choice) -> choice.withArray("token_ids").set(0, -1)),
        lie((answer, choice) -> choice.withArray("token_ids").insert(0, END)),
        lie((answer, choice) -> choice.withArray("token_ids").removeAll()),
        lie((answer, choice) -> choice.remove("token_ids")),
        lie((answer, choice) -> logprobs(choice).remove("token_logprobs")),
        lie((answer, choice) -> logprobs(choice).withArray("token_logprobs").set(0, "NaN")),
        lie((answer, choice) -> logprobs(choice).withArray("token_logprobs").set(0, 0.5)),
        lie((answer, choice) -> logprobs(choice).withArray("token_logprobs").set(0, -9999)),
        lie((answer, choice) -> logprobs(choice).withArray("token_logprobs").add(-1)));
  }

  private static ObjectNode logprobs(ObjectNode choice) {
    return (ObjectNode) choice.get("logprobs");
  }

  @ParameterizedTest
  @MethodSource("passing")
  void whatFailsOrLiesIsAskedAgainAndItsRowIsFilledOnce(RewardServer.Fault fault) {
    server.then(fault, fault);
    long[] seeds = {11, 12, 13, 14, 15};
    try (RolloutServer client = open()) {
      assertDrawn(draw(client, seeds), seeds);
      assertThat(client.takeRetries()).isEqualTo(2);
    }
    assertThat(server.requests).hasSize(seeds.length + 2);
  }

  @ParameterizedTest
  @MethodSource("passing")
  void aResponseThatCannotBeHadStopsTheRun(RewardServer.Fault fault) {
    server.then(fault, fault, fault);
    try (RolloutServer client = open()) {
      assertThatExceptionOfType(ScoringException.class)
          .isThrownBy(() -> draw(client, 11))
          .withMessageMatching(
              "rollout_server http://.*/v1: no response after 3 tries \\(the last: .+\\);"
                  + " the run goes on with --resume");
    }
  }

  @Test
  void aServerThatIsSilentIsGivenUp() {
    server.then(RewardServer.silence());
    try (RolloutServer client = open("timeout=0.5", "tries=2")) {
      assertDrawn(draw(client, 4), 4);
      assertThat(client.takeRetries()).isEqualTo(1);
    }
  }

  @Test
  void whatTheServerWillNotHaveIsNotTriedAgain() {
    server.then(RewardServer.answer(404, "{\"error\": \"no model 'base' for secret\"}"));
    try (RolloutServer client = open("key_env=RK")) {
      assertThatThrownBy(() -> draw(client, 4))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("status 404: {\"error\": \"no model 'base' for [key]\"}");
    }
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void tokensMayBeWrittenWithTheirNumbersInstead() {
    server.then(
        lie(
            (answer, choice) -> {
              choice.remove("token_ids");
              logprobs(choice).remove("tokens");
              IntStream.of(drawn(4).ids())
                  .forEach(id -> logprobs(choice).withArray("tokens").add("token_id:" + id));
            }));
    try (RolloutServer client = open()) {
      assertDrawn(draw(client, 4), 4);
    }
  }

  @Test
  void logProbsThatCannotBeThePolicysStopTheRun() {
    RolloutMismatch near =
        new RolloutMismatch(List.of(new float[] {-1, -2}), List.of(new float[] {-1.1f, -1.9f}));
    RolloutMismatch far =
        new RolloutMismatch(List.of(new float[] {-1, -2}), List.of(new float[] {-3, -2.5f}));
    RolloutMismatch none =
        new RolloutMismatch(List.of(new float[] {-1}), List.of(new float[] {Float.NaN}));
    try (RolloutServer client = open()) {
      client.check(near.gap());
      assertThatThrownBy(() -> client.check(far.gap()))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("the log-probs of 'base' differ by 1.25 nats a token");
      assertThatThrownBy(() -> client.check(none.gap())).isInstanceOf(InputException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'rollout_server.endpoint=localhost:8000', wanted an address",
    "'rollout_server.endpoint=http://me:key@host/v1', name an environment variable",
    "'rollout_server.adapter=a b', 'wanted 1 to 64 letters'",
    "'sampling.temperature=0.7', rollout_server.logprobs: processed",
    "'sampling.weights=int8', rollout_server samples instead"
  })
  void whatCannotBeIsRefusedBeforeTheRun(String setting, String why) {
    assertThatThrownBy(() -> config("lora: {}, ").with(setting).bind(PpoConfig.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({
    "'temperatures=[1.0, 0.7]', 'temperatures is 0.7, but rollout_server.logprobs are raw'",
    "'opponent=mixture', 'drawn token by token from two models, which rollout_server cannot'",
    "'rollout_server.every=2', 'a round is of the policy as it is; wanted 1'",
    "'sampling.weights=int8', rollout_server samples instead"
  })
  void whatCannotBeInRoundsIsRefusedBeforeTheRun(String setting, String why) {
    assertThatThrownBy(() -> config("lora: {}, ").with(setting).bind(OnlineDpoConfig.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(why);
    assertThatThrownBy(() -> config("").bind(OnlineDpoConfig.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rollout_server gets the policy as an adapter; set lora: {}");
  }

  @Test
  void ofSeveralProcessesEachAsksForItsShareAndOneGivesTheAdapter() {
    server.then(RewardServer.answer(200, "loaded"), RewardServer.answer(500, "oops"));
    long[] seeds = new SplittableRandom(6).longs(40).toArray();
    List<int[]> ids = IntStream.range(0, 40).mapToObj(row -> new int[] {7, row}).toList();

    List<Long> retries = Ranks.run(2, world -> ofRank(world, ids, seeds));

    assertThat(retries).containsExactly(1L, 1L);
    List<JsonNode> adapters = asked("lora_name");
    assertThat(adapters).hasSize(2).allMatch(one -> one.equals(adapters.get(0)));
    assertThat(asked("seed")).hasSize(41);
    assertThat(asked("model")).containsOnly(adapters.get(0));
    assertThat(server.tokens).contains("Bearer key-0", "Bearer key-1");
  }

  private List<JsonNode> asked(String key) {
    return server.requests.stream().filter(one -> one.has(key)).map(one -> one.get(key)).toList();
  }

  private long ofRank(World world, List<int[]> ids, long[] seeds) {
    Path own = folder.resolve("words-" + world.rank());
    String key = "RK" + world.rank();
    try (TextModel model = TinyModels.of(own, Set.of(Head.LANGUAGE), 5);
        Transformer policy =
            model
                .transformer()
                .withAdapter(Lora.of(2, 4, LoraTargets.allLinear()), Set.of(Head.LANGUAGE), 1);
        RolloutServer client = open(Map.of(key, "key-" + world.rank()), "key_env=" + key)) {
      client.follow(policy, 1);
      List<Rollout> found =
          Rollout.sample(
              client.source(VOCABULARY, Sampling.full(MOST)),
              model.text(),
              Collections.nCopies(ids.size(), Prompt.of("the cat")),
              ids,
              seeds);
      for (int row = 0; row < seeds.length; row++) {
        assertThat(found.get(row).tokens().response()).isEqualTo(drawn(seeds[row]).ids());
        assertThat(found.get(row).logprobs()).isEqualTo(drawn(seeds[row]).logprobs());
      }
      return client.takeRetries();
    }
  }

  @Test
  void allWeightsCannotGoOutAsAnAdapter() {
    assertThatThrownBy(() -> config("").bind(PpoConfig.class))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rollout_server gets the policy as an adapter; set lora: {}");
    assertThatThrownBy(() -> open("key_env=NOBODY_SET_THIS"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("rollout_server.key_env");
  }

  private static ConfigTree config(String more) {
    return Config.parse(
        "{model: m, data: prompts, score: {gold: clinic}, "
            + more
            + "rollout_server: {endpoint: 'http://localhost:1/v1', model: m}}",
        "x.yaml");
  }
}
