package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.model.Head;
import plumbline.model.Safetensors;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * The model pairs of the medical study by their shipped configurations, with tiny folders of the
 * same architectures, tensor names and tokenizers in place of the real ones.
 */
class MedicalModelsGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void distilRobertaScoresAndGpt2IsAligned() throws IOException {
    Path gpt2 = model("gpt2", "tok_gpt2_bpe", "n_positions", 512, Set.of(Head.LANGUAGE));
    Path roberta =
        model("roberta_cls", "tok_roberta_bpe", "max_position_embeddings", 514, Set.of());
    addPretrainingHead(roberta);

    JsonNode summary =
        run(
            "medical-gpt2",
            List.of(
                "pairs.model=" + gpt2,
                "reward.model=" + roberta,
                "ppo.model=" + gpt2,
                "evaluate.before=" + gpt2));

    assertThat(summary.at("/reward/accuracy/n").asInt()).isPositive();
    JsonNode reward = config("run/reward/model/config.json");
    assertThat(reward.at("/architectures/0").asText())
        .isEqualTo("RobertaForSequenceClassification");
    assertThat(config("run/ppo/model/config.json").at("/architectures/0").asText())
        .isEqualTo("GPT2LMHeadModel");
    assertReads("run/reward/model", 0);
    assertReads("run/ppo/model", 0);
  }

  @Test
  void bothLlamasTrainAdaptersOverEightBits() throws IOException {
    Path policy = llama("llama_tied");
    Path reward = llama("llama_rope_llama3");

    JsonNode summary =
        run(
            "medical-llama",
            List.of(
                "pairs.model=" + policy,
                "reward.model=" + reward,
                "ppo.model=" + policy,
                "evaluate.before=" + policy));

    assertThat(summary.at("/reward/accuracy/n").asInt()).isPositive();
    for (String stage : List.of("reward", "ppo")) {
      JsonNode adapter = config("run/" + stage + "/model/adapter_config.json");
      assertThat(adapter.get("r").asInt()).isEqualTo(16);
      assertThat(adapter.get("base_model_name_or_path").asText()).isNotEmpty();
      assertThat(folder.resolve("run/" + stage + "/model/model.safetensors")).doesNotExist();
      assertReads("run/" + stage + "/model", 0);
    }
  }

  /** The study with the real names replaced by tiny folders of the same architectures. */
  @Test
  void everyStageOfTheStudyInThePapersSizeRuns() throws IOException {
    Path gpt2 = model("gpt2", "tok_gpt2_bpe", "n_positions", 512, Set.of(Head.LANGUAGE));
    Path roberta =
        model("roberta_cls", "tok_roberta_bpe", "max_position_embeddings", 514, Set.of());
    Path small = llama("llama_tied");
    Path large = llama("llama_rope_llama3");
    Path data = SharedFolder.require("plumbline.data", "medical-dialogues/mts-dialog.jsonl");
    List<String> settings =
        new ArrayList<>(
            List.of(
                "data.path=" + data,
                "data.medical.tokenizer=" + gpt2,
                "pairs.model=" + gpt2,
                "reward-a.model=" + roberta,
                "reward-a.reference=" + gpt2,
                "reward-b.model=" + large,
                "reward-b.reference=" + small,
                "ppo-a.model=" + gpt2,
                "ppo-b.model=" + small,
                "evaluate-a.before=" + gpt2,
                "evaluate-b.before=" + small,
                "data.demonstrations=40",
                "data.prompts=16",
                "data.test_rows=16",
                "reward-a.eval_rows=8",
                "reward-b.eval_rows=8",
                "rewards.pairs=8",
                "ppo-a.steps=2",
                "ppo-b.steps=2"));

    JsonNode summary = run("medical-study", List.of("--size", "paper", "--short"), settings);

    assertThat(summary.at("/claims").findValuesAsText("verdict"))
        .hasSize(3)
        .isSubsetOf("same direction", "no difference seen", "opposite");
    assertThat(summary.at("/table1").size()).isEqualTo(2);
    assertThat(config("run/reward-b/model/adapter_config.json").get("r").asInt()).isEqualTo(16);
    assertThat(config("run/reward-a/model/config.json").at("/architectures/0").asText())
        .isEqualTo("RobertaForSequenceClassification");
    assertThat(Files.readString(folder.resolve("run/config.yaml")))
        .contains("lr: 1.41e-5", "lr: 1.41e-4", "weights: int8", "rows_per_micro_batch: 2");
  }

  private Path llama(String golden) throws IOException {
    return TinyFolders.llama(folder, golden, 600);
  }

  private Path model(
      String shape, String tokenizer, String contextKey, int context, Set<Head> heads)
      throws IOException {
    return TinyFolders.model(folder, shape, tokenizer, contextKey, context, heads);
  }

  /** What distilroberta-base carries beside its trunk. */
  private static void addPretrainingHead(Path model) {
    Path file = model.resolve("model.safetensors");
    Scopes.run(
        () -> {
          SortedMap<String, Tensor> tensors = Safetensors.read(file);
          tensors.put("lm_head.bias", Scopes.keep(Ops.zeros(720)));
          tensors.put("lm_head.dense.weight", Scopes.keep(Ops.zeros(32, 32)));
          Safetensors.write(file, tensors);
          tensors.values().forEach(Tensor::close);
        });
  }

  private JsonNode run(String example, List<String> models) {
    Path data = SharedFolder.require("plumbline.data", "medical-dialogues/mts-dialog.jsonl");
    List<String> settings = new ArrayList<>(models);
    settings.addAll(
        List.of(
            "data.path=" + data,
            "pairs.pairs=12",
            "pairs.test_pairs=6",
            "pairs.sampling.max_new_tokens=12",
            "reward.max_steps=2",
            "reward.rows_per_update=4",
            "reward.reference_rows=8",
            "ppo.steps=2",
            "ppo.prompts_per_update=4",
            "ppo.sampling.max_new_tokens=8",
            "evaluate.prompts=6",
            "evaluate.samples=2",
            "evaluate.sampling.max_new_tokens=8"));
    return run(example, List.of(), settings);
  }

  private JsonNode run(String example, List<String> options, List<String> settings) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "run",
                Path.of(System.getProperty("plumbline.root"), "examples", example + ".yaml")
                    .toString(),
                "--json",
                "--out"));
    args.add(folder.resolve("run").toString());
    args.addAll(options);
    settings.forEach(setting -> args.addAll(List.of("--set", setting)));
    Captured captured = Captured.plumbline(args.toArray(String[]::new));
    assertThat(captured.code()).as(captured.err()).isZero();
    return captured.json();
  }

  private JsonNode config(String file) throws IOException {
    return JSON.readTree(folder.resolve(file).toFile());
  }

  private void assertReads(String model, int code) throws IOException {
    Path ids = folder.resolve("ids.json");
    Files.writeString(ids, "{\"input_ids\": [[5, 6, 7]]}");
    Captured captured =
        Captured.plumbline(
            "forward", folder.resolve(model).toString(), "--input", ids.toString(), "--json");
    assertThat(captured.code()).as(captured.err() + captured.out()).isEqualTo(code);
  }
}
