package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.train.Progress;

class SizesTest {
  private static final String STUDY =
      """
      out: OUT
      data: {format: clinic, demonstrations: 20, pairs: 12, prompts: 8, test_rows: 6}
      scratch: {data: data, hidden_size: 32, intermediate_size: 64, vocabulary_size: 400}
      late: {stage: scratch, data: data, hidden_size: 16, intermediate_size: 32}
      sizes:
        paper:
          name: whole
          data: {demonstrations: 30, test_rows: null}
          first: {stage: scratch, data: data}
          scratch: null
          second: {stage: scratch, data: data}
          late: {layers: 3, heads: 2}
          last: {stage: scratch, data: data}
      short:
        data: {pairs: 4}
      """;

  @TempDir private Path folder;

  @Test
  void theFilesOwnKeysAreTheSizeToy() {
    ConfigTree file = study();

    ConfigTree own = Sizes.choose(file, Optional.empty(), false);

    assertThat(own.keys()).containsExactly("out", "data", "scratch", "late");
    assertThat(Sizes.choose(file, Optional.of("toy"), false)).isEqualTo(own);
    assertThat(Sizes.names(file)).containsExactly("toy", "paper");
  }

  @Test
  void aSizesSettingsLieOverTheFiles() {
    ConfigTree paper = Sizes.choose(study(), Optional.of("paper"), false);

    assertThat(paper.keys())
        .containsExactly("out", "name", "data", "first", "second", "late", "last");
    assertThat(paper.get("data"))
        .isEqualTo(tree("{format: clinic, demonstrations: 30, pairs: 12, prompts: 8}"));
    assertThat(paper.get("late"))
        .isEqualTo(
            tree(
                "{stage: scratch, data: data, hidden_size: 16, intermediate_size: 32, layers: 3,"
                    + " heads: 2}"));
  }

  @Test
  void theShortFormLiesOverTheSizeAndSetOverBoth() {
    ConfigTree brief = Sizes.choose(study(), Optional.of("paper"), true);

    assertThat(brief.get("data").get("pairs").text()).isEqualTo("4");
    assertThat(brief.get("data").get("demonstrations").text()).isEqualTo("30");
    assertThat(brief.with("data.pairs=5").get("data").get("pairs").text()).isEqualTo("5");
  }

  @Test
  void theShortFormChangesTheStagesOfTheSizeAlone() {
    String file =
        """
        data: {format: clinic}
        scratch: {data: data}
        sizes:
          paper: {scratch: null}
        short:
          scratch: {layers: 1}
          data: {pairs: 3}
        """;

    assertThat(Sizes.choose(tree(file), Optional.of("paper"), true).keys()).containsExactly("data");
    assertThat(Sizes.choose(tree(file), Optional.empty(), true).get("scratch").has("layers"))
        .isTrue();
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Sizes.choose(
                    tree(file.replace("  scratch: {layers", "  scratsh: {layers")),
                    Optional.empty(),
                    true))
        .withMessage(
            "s.yaml:6: short.scratsh: no size has a stage 'scratsh'; did you mean 'scratch'?");
  }

  @Test
  void aWrongKeyOfASizeIsFoundWhereItIsWritten() {
    String file = "data: {format: clinic}\nsizes:\n  paper:\n    data: {demonstration: 3}\n";

    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Pipeline.of(
                    Sizes.choose(Config.parse(file, "s.yaml"), Optional.of("paper"), false)))
        .withMessage(
            "s.yaml:4: unknown key 'data.demonstration'; did you mean 'data.demonstrations'?");
  }

  @Test
  void anUnknownSizeNamesThoseThatAreThere() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Sizes.choose(study(), Optional.of("papr"), false))
        .withMessage(
            "s.yaml:1: there is no size 'papr'; known are [toy, paper]; did you mean 'paper'?");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Sizes.choose(tree("data: {format: clinic}"), Optional.of("paper"), false))
        .withMessageContaining("known are [toy]");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Sizes.choose(tree("data: {format: clinic}"), Optional.empty(), true))
        .withMessageContaining("no key 'short'");
  }

  @Test
  void aStageCannotBeCalledShortNorASizeToy() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Pipeline.of(tree("short: {stage: data, format: clinic}")))
        .withMessage(
            "s.yaml:1: short: 'short' holds the settings of --short and cannot be a stage's name;"
                + " call the stage otherwise");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Pipeline.of(tree("sizes: {toy: {seed: 2}}\ndata: {format: clinic}")))
        .withMessageContaining("the file's own keys are the size 'toy'");
  }

  @Test
  void theRunsConfigurationHoldsTheResult() throws java.io.IOException {
    ConfigTree brief = Sizes.choose(study(), Optional.of("paper"), true);

    Pipeline.of(brief.without("second")).run(false, Progress.silent());

    Path written = folder.resolve("run/config.yaml");
    assertThat(Files.readString(written))
        .contains("name: whole", "  pairs: 4\n", "  demonstrations: 30\n", "  layers: 3\n")
        .doesNotContain("sizes:", "short:");
    assertThatCode(() -> Pipeline.of(Config.read(written))).doesNotThrowAnyException();
  }

  private ConfigTree study() {
    return tree(STUDY.replace("OUT", folder.resolve("run").toString()));
  }

  private static ConfigTree tree(String yaml) {
    return Config.parse(yaml, "s.yaml");
  }
}
