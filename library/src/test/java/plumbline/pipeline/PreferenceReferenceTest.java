package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.tensor.Engine;
import plumbline.train.Progress;

/** Where the reference's log-probs come from, and the rows that methods learn from. */
class PreferenceReferenceTest {
  private static final String START =
      """
      seed: 3
      data: {format: clinic, demonstrations: 12, pairs: 12, ratings: 12, prompts: 6, test_rows: 4}
      scratch: {data: data, vocabulary_size: 400, hidden_size: 16, intermediate_size: 24,
        heads: 2, key_value_heads: 1, max_positions: 160}
      """;

  private static final String LENGTHS =
      "lengths: {max_prompt_tokens: 120, max_response_tokens: 40, too_long: truncate}";

  private static final String DPO =
      "%s: {stage: dpo, model: scratch, data: data, pairs_per_update: 4, pairs_per_micro_batch: 3,"
          + " epochs: 3, optimizer: {lr: 1e-2}, %s, "
          + LENGTHS
          + "}\n";

  private static final String KTO =
      "%s: {stage: kto, model: scratch, data: data, label: quality, rows_per_update: 4, epochs: 3,"
          + " rows_per_micro_batch: 3, optimizer: {lr: 1e-2}, %s, "
          + LENGTHS
          + "}\n";

  @TempDir private Path folder;

  @BeforeEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  private Path run(String yaml) throws IOException {
    Path out = folder.resolve("out");
    String quoted = new ObjectMapper().writeValueAsString(out.toString());
    ConfigTree tree = Config.parse(yaml, "p.yaml").with("out=" + quoted);
    Pipeline.of(tree).run(false, Progress.silent());
    return out;
  }

  private static Set<String> cached(Path out) throws IOException {
    Path cache = out.resolve("cache");
    if (!Files.exists(cache)) {
      return Set.of();
    }
    try (Stream<Path> files = Files.list(cache)) {
      return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dpo", "kto"})
  void theModelBelowTheAdapterSaysTheSameWheneverItIsAsked(String method) throws IOException {
    String stage = method.equals("dpo") ? DPO : KTO;
    String lora = "lora: {r: 2, dropout: 0.2}";
    String anew = lora + ", reference_logprobs: on_the_fly";
    Path out = run(START + stage.formatted("anew", anew) + stage.formatted("cached", lora));
    List<JsonNode> wanted = TinyModels.metrics(out.resolve("cached"));
    List<JsonNode> found = TinyModels.metrics(out.resolve("anew"));
    assertThat(found).hasSameSizeAs(wanted).hasSizeGreaterThan(5);
    double moved = 0;
    for (int step = 0; step < wanted.size(); step++) {
      for (String name : List.of("loss/train", "rewards/chosen", "rewards/margins", "grad_norm")) {
        double value = wanted.get(step).get(name).asDouble();
        assertThat(found.get(step).get(name).asDouble())
            .as(name + " of update " + step)
            .isCloseTo(value, within(1e-4 * Math.max(1, Math.abs(value))));
      }
      moved = Math.max(moved, Math.abs(wanted.get(step).get("rewards/chosen").asDouble()));
    }
    assertThat(moved).isGreaterThan(1e-2);
  }

  @Test
  void whatIsAskedAnewIsNotKept() throws IOException {
    String anew = "lora: {r: 2}, reference_logprobs: on_the_fly";
    // Of the test rows only.
    assertThat(cached(run(START + DPO.formatted("anew", anew)))).hasSize(1);
  }

  @Test
  void onTheFlyWantsAReferenceThatStays() {
    for (String stage : List.of(DPO, KTO)) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> run(START + stage.formatted("anew", "reference_logprobs: on_the_fly")))
          .withMessageContaining("p.yaml:")
          .withMessageContaining("wants a reference that stays beside the policy: add 'lora: {}'");
    }
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void theCacheIsOfTheContentAndOfHowWeightsAreKept() throws IOException {
    Path out =
        run(
            START
                + DPO.formatted("first", "lora: {r: 2}")
                + DPO.formatted("again", "lora: {r: 3}, objectives: [{beta: 0.2}]")
                + DPO.formatted("rounded", "lora: {r: 2}, weights: int4")
                + DPO.formatted("mean", "lora: {r: 2}, logprobs: mean"));
    // Training and test pairs, for three kinds of numbers: the second stage finds the first's.
    assertThat(cached(out)).hasSize(6);
    for (String stage : List.of("first", "again", "rounded", "mean")) {
      JsonNode start = TinyModels.metrics(out.resolve(stage)).get(0);
      assertThat(start.get("rewards/chosen").asDouble()).as(stage).isCloseTo(0, within(1e-5));
    }
  }

  @Test
  void methodsTakeTheDataTypesOfTrl() throws IOException {
    Path data = Files.createDirectories(folder.resolve("trl"));
    Files.writeString(
        data.resolve("pairs.train.jsonl"),
        """
        {"prompt": "The sky is", "chosen": " blue.", "rejected": " green."}
        {"chosen": [{"role": "user", "content": "Sky?"}, {"role": "assistant", "content": "Blue."}], \
        "rejected": [{"role": "user", "content": "Sky?"}, {"role": "assistant", "content": "Red."}]}
        {"prompt": "Same?", "chosen": "yes", "rejected": "yes"}
        {"prompt": [{"role": "user", "content": "Hi"}], \
        "chosen": [{"role": "assistant", "content": "Ho"}], \
        "rejected": [{"role": "assistant", "content": "No"}]}
        """);
    Files.writeString(
        data.resolve("ratings.train.jsonl"),
        """
        {"prompt": "The sky is", "completion": " blue.", "label": true}
        {"prompt": [{"role": "user", "content": "Hi"}], \
        "completion": [{"role": "assistant", "content": "Go away"}], "label": false}
        {"prompt": "Hi", "completion": "Ho", "label": true}
        """);
    String stage = "%s: {model: scratch, data: '%s', %s, " + LENGTHS + "}\n";
    Path out =
        run(
            START
                + stage.formatted("orpo", data, "pairs_per_update: 2")
                + stage.formatted("kto", data, "rows_per_update: 2")
                + stage.formatted("bco", data, "rows: pairs, rows_per_update: 2"));
    assertThat(TinyModels.json(out.resolve("orpo/summary.json")).get("pairs").asInt()).isEqualTo(3);
    JsonNode kto = TinyModels.json(out.resolve("kto/summary.json"));
    assertThat(kto.get("desirable").asInt()).isEqualTo(2);
    assertThat(kto.get("undesirable").asInt()).isEqualTo(1);
    JsonNode bco = TinyModels.json(out.resolve("bco/summary.json"));
    assertThat(bco.get("undesirable").asInt()).isEqualTo(3);
    for (String name : List.of("orpo", "bco")) {
      assertThat(TinyModels.json(out.resolve(name).resolve("run.json")).get("warnings").toString())
          .contains("1 rows rejected: 'rejected' equals 'chosen'; the first at ")
          .contains("pairs.train.jsonl:3");
    }
  }
}
