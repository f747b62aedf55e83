package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.hub.HubProgress;
import plumbline.hub.ModelFinder;
import plumbline.pipeline.Pipeline;
import plumbline.pipeline.Sizes;
import plumbline.pipeline.StageTime;
import plumbline.ppo.PpoConfig;
import plumbline.ppo.Preset;
import plumbline.tensor.EngineRate;

/** What stands in the examples is what the program takes. */
class ExamplesTest {
  private static final Path EXAMPLES = Path.of(System.getProperty("plumbline.root"), "examples");
  private static final Pattern COMMAND = Pattern.compile("plumbline train (\\w+) ");

  @TempDir private Path folder;

  static List<Path> pipelines() {
    return yaml(EXAMPLES);
  }

  static List<Path> policies() {
    return yaml(EXAMPLES.resolve("policy"));
  }

  private static List<Path> yaml(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("pipelines")
  void everyPipelineBinds(Path file) {
    ConfigTree tree = Config.read(file);
    boolean named =
        tree.find("data")
            .map(data -> data.get("format").text())
            .filter(format -> !List.of("clinic", "medical").contains(format))
            .isPresent();
    ConfigTree whole = named ? tree.with("data.path=rows") : tree;
    assertThatCode(() -> Pipeline.of(whole)).doesNotThrowAnyException();
  }

  /** Every key of every size is right, without data, hub or weights. */
  @ParameterizedTest
  @MethodSource("pipelines")
  void everySizeOfEveryPipelineIsPlanned(Path file) {
    ConfigTree tree = Config.read(file);
    for (String size : Sizes.names(tree)) {
      for (boolean brief : tree.has("short") ? List.of(false, true) : List.of(false)) {
        if (size.equals(Sizes.OWN) && !brief) {
          continue; // Binds above; the examples' own sizes may name models of a hub.
        }
        ModelFinder shapes =
            ModelFinder.ofShapes(
                Map.of("HF_HUB_OFFLINE", "1", "HF_HOME", folder.toString()), HubProgress.silent());
        Pipeline pipeline = Pipeline.of(Sizes.choose(tree, Optional.of(size), brief));
        assertThatCode(() -> pipeline.check(shapes)).as(size).doesNotThrowAnyException();
        assertThat(pipeline.memory(Long.MAX_VALUE, shapes)).isNotEmpty();
        List<StageTime> times = pipeline.time(shapes, new EngineRate(1e9, 1e9));
        // How many rows a collection leaves cannot be told, nor what learning from them takes.
        if (times.stream().noneMatch(time -> time.kind().equals("collect"))) {
          assertThat(times).allMatch(time -> time.seconds().isPresent(), "its time is known");
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("policies")
  void everyPolicyBindsUnderTheCommandThatItShows(Path file) throws IOException {
    Matcher command = COMMAND.matcher(Files.readString(file));
    assertThat(command.find()).isTrue();
    assertThatCode(() -> Pipeline.ofStage(command.group(1), Config.read(file)))
        .doesNotThrowAnyException();
  }

  @Test
  void theStudyOfCombinedRewardsHasItsTablesValues() {
    PpoConfig config = ppo("combined-reward");
    assertThat(config.optimizer().lr()).isEqualTo(1.41e-5);
    assertThat(config.optimizer().beta1()).isEqualTo(0.9);
    assertThat(config.optimizer().beta2()).isEqualTo(0.95);
    assertThat(config.rowsPerUpdate()).isEqualTo(16);
    assertThat(config.ppoEpochs()).isEqualTo(4);
    assertThat(config.kl().coefficient()).isEqualTo(0.02);
    assertThat(config.loss().clipLow()).isEqualTo(0.4);
    assertThat(config.loss().clipHigh()).isEqualTo(0.4);
    assertThat(config.scoring().clip()).hasValue(4);
    assertThat(config.lora().orElseThrow().r()).isEqualTo(16);
    assertThat(config.lora().orElseThrow().alpha()).isEqualTo(32);
    assertThat(config.lengths().maxPromptTokens()).isEqualTo(1024);
    assertThat(config.sampling().maxNewTokens()).isEqualTo(512);
  }

  @Test
  void theMedicalStudyHasItsValues() {
    assertThat(ppo("medical-gpt2").optimizer().lr()).isEqualTo(1.41e-5);
    assertThat(ppo("medical-gpt2").rowsPerUpdate()).isEqualTo(16);
    PpoConfig llama = ppo("medical-llama");
    assertThat(llama.optimizer().lr()).isEqualTo(1.41e-4);
    assertThat(llama.rowsPerUpdate()).isEqualTo(16);
    assertThat(llama.longestRow()).isEqualTo(512);
    assertThat(llama.lora()).isPresent();
    assertThat(llama.weights().orElseThrow()).hasToString("INT8");
  }

  private static PpoConfig ppo(String name) {
    ConfigTree tree = Config.read(EXAMPLES.resolve("policy").resolve(name + ".yaml"));
    return Preset.apply(Preset.Method.PPO, tree).bind(PpoConfig.class);
  }
}
