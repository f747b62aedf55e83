package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.data.Sha256;
import plumbline.model.AdapterFolder;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.ModelFolder;
import plumbline.model.Transformer;

class MergeTest {
  private static final Set<Head> LANGUAGE = EnumSet.of(Head.LANGUAGE);

  @TempDir private Path folder;
  private Path base;
  private Path adapter;

  /** An adapter whose copy of a layer is another model's, so that it shows. */
  @BeforeEach
  void makeModels() {
    base = TinyModel.language(folder.resolve("base"));
    adapter = folder.resolve("run/model");
    Lora form = Lora.of(2, 4, LoraTargets.of("q_proj")).withModulesToSave("embed_tokens");
    try (Transformer model = ModelFolder.load(base);
        Transformer other = Transformer.random(model.config(), LANGUAGE, 99);
        Transformer adapted = other.withAdapter(form, LANGUAGE, 1)) {
      AdapterFolder.save(adapted, LANGUAGE, "../../base", adapter);
    }
  }

  private static JsonNode responses(Path model, String... options) {
    String[] words = {"generate", model.toString(), "--prompt", "the cat", "--seed", "1", "--json"};
    String[] all = java.util.Arrays.copyOf(words, words.length + options.length);
    System.arraycopy(options, 0, all, words.length, options.length);
    Captured captured = Captured.plumbline(all);
    assertThat(captured.code()).as(captured.err()).isZero();
    return captured.json().get("responses");
  }

  @Test
  void aMergedAdapterWritesWhatTheAdapterWrites() {
    Path out = folder.resolve("merged");
    Captured merged =
        Captured.plumbline("merge", folder.resolve("run").toString(), out.toString(), "--json");

    assertThat(merged.code()).as(merged.err()).isZero();
    assertThat(merged.json().get("model").asText()).isEqualTo(out.toString());
    assertThat(merged.json().get("base").asText()).isEqualTo(base.toString());
    assertThat(merged.json().get("parameters").asLong()).isPositive();
    assertThat(responses(out)).isEqualTo(responses(adapter)).isNotEqualTo(responses(base));
    assertThat(out.resolve("README.md"))
        .content()
        .contains("library_name: transformers", Sha256.of(base.resolve("model.safetensors")))
        .contains(Sha256.of(adapter.resolve("adapter_model.safetensors")));
    try (Transformer whole = ModelFolder.load(out);
        Transformer before = ModelFolder.load(base)) {
      assertThat(whole.adapter()).isEmpty();
      assertThat(whole.weights().all().keySet()).isEqualTo(before.weights().all().keySet());
    }
  }

  @Test
  void theBaseMayBeElsewhere() throws IOException {
    JsonNode wanted = responses(adapter);
    Path moved = Files.move(base, folder.resolve("moved"));
    Captured refused = Captured.plumbline("generate", adapter.toString(), "--prompt", "a");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).hasLineCount(1).contains("give it with --base MODEL");

    assertThat(responses(adapter, "--base", moved.toString())).isEqualTo(wanted);
    Path out = folder.resolve("merged");
    assertThat(
            Captured.plumbline(
                    "merge", adapter.toString(), out.toString(), "--base", moved.toString())
                .code())
        .isZero();
    assertThat(responses(out)).isEqualTo(wanted);
  }

  @Test
  void whatIsNoAdapterIsRefused() {
    refused(base, folder.resolve("out"), "no adapter_config.json here or in model/");
    refused(adapter, base, "exists already; remove it or choose another folder");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  private static void refused(Path source, Path out, String message) {
    Captured refused = Captured.plumbline("merge", source.toString(), out.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).hasLineCount(1).contains(message);
  }
}
