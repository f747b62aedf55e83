package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/** Tokens and processed logits of other software's generation. */
class GeneratorGoldenTest {
  private static final Set<String> KNOWN =
      Set.of("do_sample", "pad_token_id", "eos_token_id", "max_new_tokens", "repetition_penalty");

  private static final String SPELLED_OUT =
      "repetition_penalty_$1+temperature_$2+top_k_$3+top_p_$4";

  @TestFactory
  List<DynamicTest> everyGreedyGeneration() {
    List<DynamicTest> tests = new ArrayList<>();
    int unknown = 0;
    for (Path folder : TransformerGoldenTest.modelFolders()) {
      for (JsonNode golden : ModelGoldens.read(folder.resolve("goldens.json")).path("generation")) {
        if (golden.get("generation_config").properties().stream()
            .allMatch(option -> KNOWN.contains(option.getKey()))) {
          tests.add(
              DynamicTest.dynamicTest(
                  folder.getFileName() + "/" + golden.get("name").asText(),
                  () -> check(folder, golden)));
        } else {
          unknown++;
        }
      }
    }
    System.out.println(
        "generation goldens of other forms (beams, n-gram bans), not run: " + unknown);
    return tests;
  }

  private static void check(Path folder, JsonNode golden) {
    JsonNode options = golden.get("generation_config");
    TokenBatch prompts =
        TokenBatch.ofMasked(
            ModelGoldens.intRows(golden.get("input_ids")),
            ModelGoldens.intRows(golden.get("attention_mask")));
    int[][] ids = ModelGoldens.intRows(golden.get("input_ids"));
    int[][] mask = ModelGoldens.intRows(golden.get("attention_mask"));
    List<int[]> rows =
        IntStream.range(0, prompts.size())
            .mapToObj(b -> Arrays.copyOfRange(ids[b], TokenBatch.start(mask[b]), ids[b].length))
            .toList();
    Sampling sampling =
        new Sampling(
            0,
            0,
            1,
            options.path("repetition_penalty").asDouble(1),
            options.get("max_new_tokens").asInt());
    int eos = options.path("eos_token_id").asInt(-1);
    int[][] wanted = ModelGoldens.intRows(golden.get("new_tokens"));
    try (Transformer decoder = ModelFolder.load(folder);
        Transformer copy = decoder.forSampling(Optional.empty())) {
      assertGenerates(decoder, sampling, eos, rows, wanted);
      assertGenerates(copy, sampling, eos, rows, wanted);
    }
  }

  private static void assertGenerates(
      Transformer decoder, Sampling sampling, int eos, List<int[]> rows, int[][] wanted) {
    List<Generator.Generated> found =
        new Generator(decoder, sampling, eos, rows.size()).generate(rows, new long[rows.size()]);
    for (int b = 0; b < rows.size(); b++) {
      int[] generated = found.get(b).ids();
      assertThat(generated).isEqualTo(Arrays.copyOf(wanted[b], generated.length));
      assertThat(found.get(b).ended()).isEqualTo(generated[generated.length - 1] == eos);
      assertThat(found.get(b).ended() || generated.length == wanted[b].length).isTrue();
    }
  }

  @Test
  void logitsProcessorsGiveTheirScores() {
    JsonNode file =
        ModelGoldens.read(GoldenFiles.folder().resolve("algorithms/logits_processors.json"));
    int run = 0;
    List<String> unknown = new ArrayList<>();
    for (JsonNode golden : file.get("cases")) {
      String name = golden.get("processor").asText();
      Sampling sampling = sampling(name);
      if (sampling == null) {
        unknown.add(name);
        continue;
      }
      Scopes.run(() -> checkProcessor(golden, name, sampling));
      run++;
    }
    System.out.println("logits processors run: " + run + ", of other forms: " + unknown);
    assertThat(run).isGreaterThanOrEqualTo(5);
  }

  private static Sampling sampling(String name) {
    double temperature = 1;
    int topK = 0;
    double topP = 1;
    double penalty = 1;
    String spelled =
        name.replaceAll("^rep([\\d.]+)_temp([\\d.]+)_topk(\\d+)_topp([\\d.]+)$", SPELLED_OUT);
    for (String part : spelled.split("\\+", -1)) {
      int underscore = part.lastIndexOf('_');
      String kind = part.substring(0, Math.max(0, underscore));
      String value = part.substring(underscore + 1);
      switch (kind) {
        case "temperature" -> temperature = Double.parseDouble(value);
        case "top_k" -> topK = Integer.parseInt(value);
        case "top_p" -> topP = Double.parseDouble(value);
        case "repetition_penalty" -> penalty = Double.parseDouble(value);
        default -> {
          return null;
        }
      }
    }
    return new Sampling(temperature, topK, topP, penalty, 1);
  }

  private static void checkProcessor(JsonNode golden, String name, Sampling sampling) {
    JsonNode inputs = golden.get("inputs");
    int rows = inputs.get("scores").get("shape").get(0).asInt();
    int vocabulary = inputs.get("scores").get("shape").get(1).asInt();
    Tensor scores = Ops.doubles(GoldenFiles.values(inputs.get("scores")), rows, vocabulary);
    double[] ids = GoldenFiles.values(inputs.get("input_ids"));
    double[] seen = new double[rows * vocabulary];
    for (int i = 0; i < ids.length; i++) {
      seen[i / (ids.length / rows) * vocabulary + (int) ids[i]] = 1;
    }
    Tensor found = LogitsProcessors.apply(scores, Ops.doubles(seen, rows, vocabulary), sampling);
    double[] wanted = GoldenFiles.values(golden.get("outputs").get("probs"));
    double[] probabilities = Ops.toDoubles(torch.softmax(found, 1));
    for (int i = 0; i < wanted.length; i++) {
      assertThat(probabilities[i]).as("%s entry %d", name, i).isCloseTo(wanted[i], within(1e-6));
    }
  }
}
