package plumbline.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFilesTest {
  private static final Repository MODEL = Repository.parse("org/model").orElseThrow();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          config.json model.safetensors pytorch_model.bin      | config.json model.safetensors
          config.json model.safetensors model.fp16.safetensors | config.json model.safetensors
          config.json model.safetensors onnx/model.safetensors | config.json model.safetensors
          config.json odd.safetensors                          | config.json odd.safetensors
          adapter_config.json adapter_model.safetensors x.bin  | adapter_config.json adapter_model.safetensors
          adapter_config.json adapter_model.safetensors optimizer.safetensors | adapter_config.json adapter_model.safetensors
          config.json model.safetensors adapter_config.json adapter_model.safetensors | adapter_config.json adapter_model.safetensors config.json model.safetensors
          config.json model.safetensors.index.json model-1.safetensors consolidated.safetensors model.safetensors | config.json model.safetensors.index.json
          """)
  void weightsAreChosen(String all, String wanted) {
    assertThat(ModelFiles.wanted(MODEL, words(all))).isEqualTo(words(wanted));
  }

  @ParameterizedTest
  @CsvSource({
    "generation_config.json, true",
    "tokenizer.json, true",
    "tokenizer_config.json, true",
    "tokenizer.model, true",
    "special_tokens_map.json, true",
    "added_tokens.json, true",
    "vocab.json, true",
    "vocab.txt, true",
    "merges.txt, true",
    "chat_template.jinja, true",
    "score_statistics.json, true",
    "modules.json, true",
    "1_Pooling/config.json, true",
    "README.md, true",
    "training_args.bin, false",
    "tokenizer.py, false",
    "modeling_custom.py, false",
    "tokenizer/../../x.json, false",
    "../config.json, false",
    "onnx/config.json, false",
    "tf_model.h5, false",
    "optimizer.pt, false",
    "data.pkl, false",
  })
  void onlyFilesOfAModelAreFetched(String file, boolean fetched) {
    List<String> wanted =
        ModelFiles.wanted(MODEL, List.of("config.json", "model.safetensors", file));

    assertThat(wanted.contains(file)).isEqualTo(fetched);
  }

  private static List<String> words(String text) {
    return Arrays.asList(text.strip().split(" ", -1));
  }
}
