package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.format.RowFiles;
import plumbline.model.Adapter;
import plumbline.model.Head;
import plumbline.model.ModelFolder;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.Progress;

/** Rounds against an opponent, and of adapters. */
class OnlineRoundsTest {
  private static final String START =
      """
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 8, prompts: 6, test_rows: 4}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      """;

  private static final String ONLINE =
      """
      seed: 3
      online: {stage: online_dpo, model: '%1$s/scratch/model', data: '%1$s/data', %2$s, rounds: 2,
        score: {length: characters, target: 20, per: 5}, monitor: {gold: clinic},
        prompts_per_round: 4, pairs_per_update: 2,
        optimizer: {lr: 1e-2}, sampling: {max_new_tokens: 8}, checkpoints: {every: 1},
        lengths: {max_prompt_tokens: 120, max_response_tokens: 8}}
      """;

  private static final String XPO =
      "opponent: reference, samples_per_prompt: 2, temperatures: [1.5],"
          + " objectives: [{loss: sigmoid}, {loss: optimism, weight: 0.01}]";

  private static final String NASH =
      "opponent: mixture, mixture: 0.25, samples_per_prompt: 4, pairs: opponent,"
          + " objectives: [{loss: nash_md}]";

  private static final String ADAPTER =
      "samples_per_prompt: 3, lora: {r: 2, dropout: 0.1, use_rslora: true}";

  @TempDir private static Path shared;
  @TempDir private Path folder;

  @BeforeAll
  static void makeDataAndModelOnce() throws IOException {
    Engine.configure("cpu", 1);
    run(START, shared.resolve("start"), false, Progress.silent());
  }

  private static JsonNode run(String yaml, Path out, boolean resume, Progress progress)
      throws IOException {
    String quoted = new ObjectMapper().writeValueAsString(out.toString());
    ConfigTree tree = Config.parse(yaml, "p.yaml").with("out=" + quoted);
    return Pipeline.of(tree).run(resume, progress);
  }

  private static String online(String keys) {
    return ONLINE.formatted(shared.resolve("start"), keys);
  }

  private Path run(String keys) throws IOException {
    Path out = folder.resolve("out");
    run(online(keys), out, false, Progress.silent());
    return out.resolve("online");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        XPO,
        NASH,
        ADAPTER,
        ADAPTER + ", reference: round, accumulate: true",
        NASH + ", weights: int8, lora: {r: 2}"
      })
  void aRunKilledInAnyRoundEndsWithTheBytesOfTheUninterruptedOne(String keys) throws IOException {
    Path whole = run(keys);
    for (int deaths : new int[] {1, 3, 5}) {
      Path out = folder.resolve("killed" + deaths);
      Progress killer = PreferencePipelineTest.killedAtStep(deaths);
      assertThatExceptionOfType(TinyModels.Killed.class)
          .isThrownBy(() -> run(online(keys), out, false, killer));
      run(online(keys), out, true, Progress.silent());
      assertThat(model(out.resolve("online"))).containsExactlyEntriesOf(model(whole));
      assertThat(TinyModels.timeless(out.resolve("online"))).isEqualTo(TinyModels.timeless(whole));
    }
  }

  /** The bytes of a stage's model by the files' names. */
  private static Map<String, List<Byte>> model(Path stage) throws IOException {
    Map<String, List<Byte>> bytes = new TreeMap<>();
    try (Stream<Path> files = Files.list(stage.resolve("model"))) {
      for (Path file : files.toList()) {
        List<Byte> all = new ArrayList<>();
        for (byte one : TinyModels.bytes(file)) {
          all.add(one);
        }
        bytes.put(file.getFileName().toString(), all);
      }
    }
    return bytes;
  }

  @Test
  void halfOfTheResponsesAreTheOpponentsAndTheNumbersThoseOfThePolicy() throws IOException {
    Path stage = run(NASH);
    for (int number = 1; number <= 2; number++) {
      Path round = stage.resolve("rounds/round-" + number);
      List<JsonNode> responses = TinyModels.lines(round.resolve("responses.jsonl"));
      assertThat(responses).hasSize(16);
      double own = 0;
      double wins = 0;
      for (int i = 0; i < responses.size(); i++) {
        boolean ofPolicy = responses.get(i).get("by").asText().equals("policy");
        assertThat(ofPolicy).isEqualTo(i % 4 < 2);
        own += ofPolicy ? score(responses.get(i)) / 8 : 0;
        wins +=
            ofPolicy
                ? 1 / (1 + Math.exp(score(responses.get(i + 2)) - score(responses.get(i)))) / 8
                : 0;
      }
      JsonNode numbers = TinyModels.metrics(stage).get(number - 1);
      assertThat(numbers.get("reward/mean").asDouble()).isCloseTo(own, within(1e-9));
      assertThat(numbers.get("opponent/win_rate").asDouble()).isCloseTo(wins, within(1e-9));
      // Two of each prompt, ties and equal ones too; people read those that differ.
      List<JsonNode> tokens = TinyModels.lines(round.resolve("tokens.jsonl"));
      assertThat(tokens).hasSize(8);
      assertThat(tokens).allMatch(row -> row.has("opponent"));
      assertThat(RowFiles.readPairs(round.resolve("pairs.train.jsonl")).rejects()).isEmpty();
    }
  }

  private static double score(JsonNode response) {
    return response.get("scores").get("score").asDouble();
  }

  @Test
  void theAdapterOfTheLastRoundLoadsOverTheModelOfTheStart() throws IOException {
    Path stage = run(ADAPTER);
    Path model = stage.resolve("model");
    assertThat(model.resolve("config.json")).doesNotExist();
    for (Path adapter : List.of(model, stage.resolve("rounds/round-1/model"))) {
      JsonNode form = TinyModels.json(adapter.resolve("adapter_config.json"));
      assertThat(form.get("lora_dropout").asDouble()).isEqualTo(0.1);
      assertThat(form.get("base_model_name_or_path").asText()).endsWith("scratch/model");
    }
    Path start = shared.resolve("start/scratch/model");
    try (Transformer base = ModelFolder.load(start);
        TextModel adapted = TextModel.load(model, Head.LANGUAGE);
        TextModel merged = TextModel.loadMerged(model, Head.LANGUAGE, Optional.empty())) {
      assertThat(adapted.transformer().adapter().map(Adapter::modules)).isPresent();
      double[] found = logits(adapted.transformer());
      double[] below = logits(base);
      double[] together = logits(merged.transformer());
      double moved = 0;
      for (int i = 0; i < found.length; i++) {
        assertThat(together[i]).isCloseTo(found[i], within(1e-5));
        moved += Math.abs(found[i] - below[i]);
      }
      assertThat(moved).isGreaterThan(1e-3);
    }
    assertThat(TinyModels.bytes(model.resolve("adapter_model.safetensors")))
        .isEqualTo(
            TinyModels.bytes(stage.resolve("rounds/round-2/model/adapter_model.safetensors")));
  }

  private static double[] logits(Transformer model) {
    return Scopes.noGrad(
        () ->
            Scopes.call(
                () ->
                    Ops.toDoubles(model.logits(model.hidden(TokenBatch.of(new int[] {5, 9, 7}))))));
  }

  @Test
  void withTheAdapterOffThePolicyIsItsReference() throws IOException {
    String plain = ADAPTER.replace("dropout: 0.1, ", "");
    Path stage = run(plain);
    List<JsonNode> first = TinyModels.metrics(stage.resolve("rounds/round-1"));
    assertThat(first.get(0).get("rewards/chosen").asDouble()).isCloseTo(0, within(1e-6));
    assertThat(TinyModels.metrics(stage).get(1).get("objective/kl").asDouble()).isNotZero();
    // The second round begins away from the start, but where it begins if that is the reference.
    List<JsonNode> second = TinyModels.metrics(stage.resolve("rounds/round-2"));
    assertThat(Math.abs(second.get(0).get("rewards/chosen").asDouble())).isGreaterThan(1e-6);
    run(online(plain + ", reference: round"), folder.resolve("round"), false, Progress.silent());
    List<JsonNode> own = TinyModels.metrics(folder.resolve("round/online/rounds/round-2"));
    assertThat(own.get(0).get("rewards/chosen").asDouble()).isCloseTo(0, within(1e-6));
  }

  @Test
  void whatCannotBeIsRefusedBeforeTheFirstStage() {
    refused(
        "opponent: reference, samples_per_prompt: 3", "samples_per_prompt is 3, wanted an even");
    refused("opponent: mixture, reference: round", "wanted reference: start");
    refused("pairs: opponent", "pairs: opponent wants one");
    refused("objectives: [{loss: nash_md}]", "set opponent to reference or mixture");
    refused(
        "opponent: mixture, objectives: [{loss: optimism}]",
        "pairs: opponent or samples_per_prompt: 2");
    refused(NASH + ", tie: 1", "learns from ties too");
    refused(
        "opponent: mixture, pairs: opponent, objectives: [{loss: nash_md}, {loss: ipo}]",
        "no loss that takes one response for the better");
    refused("objectives: [{kl_unit: token}]", "kl_unit belongs to loss: nash_md");
    refused("weights: int8", "weights is int8, which cannot be trained: add 'lora: {}'");
    String given = "dpo: {model: scratch, data: data, objectives: [{loss: optimism}]}\n";
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> run(START + given, folder.resolve("refused"), false, Progress.silent()))
        .withMessageContaining("use them in train online_dpo");
    assertThat(folder.resolve("refused")).doesNotExist();
  }

  private void refused(String keys, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> run(keys))
        .withMessageContaining(message);
    assertThat(folder.resolve("out")).doesNotExist();
  }
}
