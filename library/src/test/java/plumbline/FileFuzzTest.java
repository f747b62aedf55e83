package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.data.format.DataFolder;
import plumbline.data.format.DataFolderWriter;
import plumbline.data.format.Exporter;
import plumbline.data.format.Formats;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelFolder;
import plumbline.model.Precision;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.model.WeightLayout;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.train.CheckpointConfig;
import plumbline.train.Checkpoints;
import plumbline.train.RunDirectory;

/** Damaged files end in an error that names them, in little memory and time. */
class FileFuzzTest {
  /** Damaged copies of each kind of file. */
  private static final int COUNT = Integer.getInteger("plumbline.fuzz", 300);

  private static final int SEED = Integer.getInteger("plumbline.fuzz.seed", 1);
  private static final int SECONDS = 600;

  @TempDir Path folder;

  private Path model() {
    Path target = folder.resolve("model");
    try (TextModel model = TinyModels.of(folder.resolve("text"), EnumSet.of(Head.LANGUAGE), 1)) {
      model.save(model.transformer(), target);
    }
    return target;
  }

  @Test
  void safetensors() {
    fuzz(model(), "model.safetensors", COUNT);
  }

  @Test
  void shardIndex() {
    Path target = folder.resolve("sharded");
    try (TextModel model = TinyModels.of(folder.resolve("text"), EnumSet.of(Head.LANGUAGE), 1)) {
      ModelFolder.save(model.transformer(), target, new WeightLayout(Precision.FLOAT32, 20_000));
    }
    fuzz(target, "model.safetensors.index.json", COUNT / 3);
  }

  @Test
  void configuration() {
    fuzz(model(), "config.json", COUNT);
  }

  @Test
  void tokenizer() {
    fuzz(model(), "tokenizer.json", COUNT);
  }

  @Test
  void tokenizerConfiguration() {
    fuzz(model(), "tokenizer_config.json", COUNT / 3);
  }

  @Test
  void pipelines() throws IOException {
    Path target = Files.createDirectories(folder.resolve("yaml"));
    Files.writeString(
        target.resolve("pipeline.yaml"),
        """
        name: fuzzed
        seed: 1
        out: runs/fuzzed
        data: {format: clinic, demonstrations: 10, pairs: 10, prompts: 10, test_rows: 4}
        scratch: {data: data, vocabulary_size: 400, hidden_size: 16, heads: 2, key_value_heads: 1}
        sft:
          model: scratch
          data: data
          epochs: 3
          lengths: {max_prompt_tokens: 96, max_response_tokens: 88}
          optimizer: {lr: 3e-3}
        reward: {model: sft, data: data, reference: sft}
        ppo:
          model: sft
          data: data
          score:
            combine: mean
            of: [{model: reward, scale: standardise}, {length: words, target: 8, per: 4}]
          steps: 4
          sampling: {max_new_tokens: 8}
        """);
    fuzz(target, "pipeline.yaml", COUNT);
  }

  private static final String ROWS =
      """
      {"prompt": [{"role": "user", "content": "hi"}], "chosen": [{"role": "assistant", "content": "a"}], "rejected": [{"role": "assistant", "content": "b"}], "strength": 2}
      {"prompt": "who?", "completion": "me", "meta": {"category": "x"}}
      {"prompt": "how?", "response": "so", "labels": {"quality": 0.5}}
      {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
      """;

  @Test
  void rowsOfJson() throws IOException {
    Path target = Files.createDirectories(folder.resolve("rows"));
    Files.writeString(target.resolve("rows.jsonl"), ROWS);
    fuzz(target, "rows.jsonl", COUNT);
  }

  @Test
  void rowsOfParquet() throws IOException {
    Path data = folder.resolve("data");
    try (DataFolderWriter writer = DataFolderWriter.to(data, false)) {
      for (int i = 0; i < 20; i++) {
        writer.write(new Demonstration(Prompt.of("question " + i), "answer " + i));
      }
      writer.finish(DataFolder.IMPORT, new ObjectMapper().createObjectNode());
    }
    Path target = Files.createDirectories(folder.resolve("rows"));
    Path file = target.resolve("rows.parquet");
    Exporter.run(DataFolder.open(data), Optional.empty(), Formats.named("trl"), file);
    fuzz(target, "rows.parquet", COUNT);
  }

  @Test
  void adapters() {
    Path base = model();
    Path target = folder.resolve("adapter");
    try (TextModel model = TextModel.load(base, Head.LANGUAGE)) {
      Lora lora = Lora.of(2, 4, LoraTargets.allLinear());
      try (Transformer adapted =
          model.transformer().withAdapter(lora, EnumSet.of(Head.LANGUAGE), 1)) {
        model.saveAdapter(adapted, EnumSet.of(Head.LANGUAGE), base.toString(), target);
      }
    }
    fuzz(target, "adapter_config.json", COUNT);
    fuzz(target, "adapter_model.safetensors", COUNT);
  }

  @Test
  void checkpoints() {
    Path target = folder.resolve("run");
    try (RunDirectory run = TinyModels.run(target);
        Tensor weight = Scopes.call(() -> Scopes.keep(Ops.floats(new float[] {1, 2, 3, 4}, 4)))) {
      Checkpoints checkpoints =
          new Checkpoints(run, new CheckpointConfig(1, 9), 9)
              .weights("weights", Map.of("w", weight));
      checkpoints.after(1);
      checkpoints.after(2);
    }
    fuzz(target, "checkpoints/step-2/state.json", COUNT);
    fuzz(target, "checkpoints/step-2/state.safetensors", COUNT);
  }

  @Test
  void sentencePieces() throws IOException {
    Path target = Files.createDirectories(folder.resolve("pieces"));
    ByteBuffer bytes = ByteBuffer.allocate(1 << 14).order(ByteOrder.LITTLE_ENDIAN).putInt(8);
    List<String> words = new ArrayList<>(List.of("<unk>", "\n<s>\n", "\n</s>\n"));
    IntStream.range(0, 256).forEach(b -> words.add("<0x%02X>".formatted(b)));
    words.addAll(List.of("bc", "ab", "a", "b", "c", " "));
    for (int i = 0; i < words.size(); i++) {
      byte[] utf8 = words.get(i).getBytes(StandardCharsets.UTF_8);
      bytes.putFloat(-i).putInt(utf8.length).put(utf8);
    }
    Files.write(target.resolve("tokenizer.bin"), Arrays.copyOf(bytes.array(), bytes.position()));
    fuzz(target, "tokenizer.bin", COUNT);
  }

  static void fuzz(Path folder, String name, int count) {
    try {
      Path output = Files.createTempFile("fuzz", ".txt");
      Process process =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-Xmx256m",
                      "-Xss512k",
                      "-Dorg.bytedeco.javacpp.maxPhysicalBytes=3g",
                      "-cp",
                      System.getProperty(
                          "surefire.test.class.path", System.getProperty("java.class.path")),
                      FileFuzz.class.getName(),
                      folder.toString(),
                      name,
                      Integer.toString(SEED),
                      Integer.toString(count)))
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly();
      }
      String said = Files.readString(output);
      Path last = folder.resolveSibling("last-seed");
      String seed = Files.exists(last) ? Files.readString(last) : "none";
      assertThat(ended).as("ended in time; last seed %s: %s", seed, said).isTrue();
      assertThat(process.exitValue()).as("last seed %s: %s", seed, said).isZero();
      assertThat(said).contains("done {").contains("refused=").doesNotContain("FAIL");
      System.err.print("fuzz of " + name + ": " + said.substring(said.lastIndexOf("done ")));
      Files.delete(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
