package plumbline.config;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.config.ConfigTest.Everything;
import plumbline.config.ConfigTest.Ppo;
import plumbline.config.ConfigTest.Scored;

class ConfigErrorTest {
  record Unannotated(int steps) {}

  record Unsupported(@Key(def = "x") StringBuilder text) {}

  record WrongDefault(@Key(def = "2", max = 1) double share) {}

  record Run(@Key Ppo ppo, @Key(def = "") List<Ppo> more) {}

  @TempDir Path folder;

  @Test
  void unknownKeyGetsTheNearestOne() {
    refused(
        "model: m\n\ncliprange: 0.1\n",
        "x.yaml:3: unknown key 'cliprange'; did you mean 'clip_range'?");
    refused("modle: m\n", "x.yaml:1: unknown key 'modle'; did you mean 'model'?");
    refused("clip-range: 1\n", "x.yaml:1: unknown key 'clip-range'; did you mean 'clip_range'?");
    refused("ref: m\n", "x.yaml:1: unknown key 'ref'; did you mean 'reference'?");
    refused(
        "model: m\nsampling:\n  temprature: 1\n",
        "x.yaml:3: unknown key 'sampling.temprature'; did you mean 'sampling.temperature'?");
  }

  @Test
  void keyOfAnInnerGroupIsFoundThere() {
    refused("top_k: 1\n", "x.yaml:1: unknown key 'top_k'; did you mean 'sampling.top_k'?");
  }

  @Test
  void unknownKeyWithNothingNearListsTheKnown() {
    refused(
        "model: m\nsampling: {zzz: 1}\n",
        "x.yaml:2: unknown key 'sampling.zzz'; known: sampling.temperature, sampling.top_k");
  }

  @Test
  void wrongTypesSayWhatWasWanted() {
    refused(
        "model: m\nprompts_per_update: many\n",
        "x.yaml:2: prompts_per_update is 'many', wanted a whole number >= 1");
    refused(
        "prompts_per_update: 1.5\n",
        "x.yaml:1: prompts_per_update is 1.5, wanted a whole number >= 1");
    refused(
        "prompts_per_update: '8'\n",
        "x.yaml:1: prompts_per_update is the text '8' in quotes, wanted a whole number >= 1");
    refused(
        "prompts_per_update: 99999999999\n",
        "x.yaml:1: prompts_per_update is 99999999999, wanted a whole number"
            + " from -2147483648 to 2147483647");
    refused("clip_range: [0.1]\n", "x.yaml:1: clip_range is a list, wanted a number from 0 to 1");
    refused("clip_range:\n", "x.yaml:1: clip_range is empty, wanted a number from 0 to 1");
    refused("clip_range: .nan\n", "x.yaml:1: clip_range is '.nan', wanted a number from 0 to 1");
    refused("model: {a: b}\n", "x.yaml:1: model is a group of keys, wanted a text");
    refused("sampling: 3\nmodel: m\n", "x.yaml:1: sampling is 3, wanted a group of keys");
    refused("- a\n- b\n", "x.yaml:1: this is a list, wanted a group of keys");
  }

  @Test
  void onlyTrueAndFalseAreBooleans() {
    for (String word : List.of("yes", "on", "True", "1")) {
      String shown = word.equals("1") ? "1" : "'" + word + "'";
      everythingRefused("flag: " + word, "x.yaml:1: flag is " + shown + ", wanted true or false");
    }
  }

  @Test
  void elementsAreNamedByTheirPosition() {
    everythingRefused(
        "weights:\n  - 1\n  - -2\n", "x.yaml:3: weights.1 is -2, wanted a number >= 0");
    everythingRefused("counts: {a: b}\n", "x.yaml:1: counts.a is 'b', wanted a whole number");
    everythingRefused(
        "phases: [{top_k: -1}]\n", "x.yaml:1: phases.0.top_k is -1, wanted a whole number >= 0");
    everythingRefused("weights: 0.5\n", "x.yaml:1: weights is 0.5, wanted a list such as [a, b]");
  }

  @Test
  void numbersOutOfRangeAreRefused() {
    refused("clip_range: 1.5\n", "x.yaml:1: clip_range is 1.5, wanted a number from 0 to 1");
    refused("clip_range: -1e-9\n", "x.yaml:1: clip_range is -1e-9, wanted a number from 0 to 1");
    everythingRefused("rate: 1e999\n", "x.yaml:1: rate is '1e999', wanted a number");
  }

  @Test
  void wrongChoiceGetsTheNearestOne() {
    refused(
        "critic: seperate\n",
        "x.yaml:1: critic is 'seperate', wanted one of separate, value_head;"
            + " did you mean 'separate'?");
    refused(
        "critic: VALUE_HEAD\n",
        "x.yaml:1: critic is 'VALUE_HEAD', wanted one of separate, value_head;"
            + " did you mean 'value_head'?");
    refused("critic: none\n", "x.yaml:1: critic is 'none', wanted one of separate, value_head");
  }

  @Test
  void missingKeyIsNamedWithItsMeaning() {
    refused("clip_range: 0.1\n", "x.yaml:1: missing key 'model' (folder of the policy)");
    refused("", "x.yaml:1: missing key 'model' (folder of the policy)");
    assertRefused(
        () ->
            Config.parse("\nmore: [{model: a}, {clip_range: 0}]\nppo: {model: m}", "x.yaml")
                .bind(Run.class),
        "x.yaml:2: missing key 'more.1.model' (folder of the policy)");
    assertRefused(
        () -> Config.parse("more: []", "x.yaml").bind(Run.class),
        "x.yaml:1: missing key 'ppo.model' (folder of the policy)");
  }

  @Test
  void duplicateKeyNamesBothPlaces() {
    refused("model: a\nmodel: b\n", "x.yaml:2: duplicate key 'model', first at x.yaml:1");
  }

  @Test
  void crossFieldChecksNameTheGroup() {
    refused(
        "# comment\nmodel: m\nclip_range: 0.9\ncritic: value_head\n",
        "x.yaml:2: clip_range above 0.5 needs a separate critic");
    assertRefused(
        () ->
            Config.parse("ppo:\n  {model: m, clip_range: 0.9, critic: value_head}\n", "x.yaml")
                .bind(Run.class),
        "x.yaml:2: ppo: clip_range above 0.5 needs a separate critic");
  }

  @Test
  void syntaxErrorsNameLineAndColumn() {
    refusedWith("model: [a\nb: c\n", "x.yaml:2:2: not valid YAML: ");
    refusedWith("model: a: b\n", "x.yaml:1:9: not valid YAML: mapping values are not allowed here");
    refusedWith("model: 'a\n", "x.yaml:2:1: not valid YAML: found unexpected end of stream");
    refusedWith("model: *nowhere\n", "x.yaml:1:8: not valid YAML: found undefined alias nowhere");
    refusedWith("a: 1\n---\nb: 2\n", "x.yaml:2:1: a second YAML document begins here");
  }

  @Test
  void tabsAreNamed() {
    refused(
        "sampling:\n\ttop_k: 1\n", "x.yaml:2:1: a tab where YAML wants spaces; indent with spaces");
    refused("\tmodel: a\n", "x.yaml:1:1: a tab where YAML wants spaces; indent with spaces");
  }

  @Test
  void controlCharactersAreNamed() {
    refused("model: a\nb: \u0001\n", "x.yaml:2: the character U+0001 is not allowed in YAML");
    for (String escaped : List.of("model: a\nb: \"runs/\\0\"\n", "model: a\n\"b\\x00\": 1\n")) {
      refused(escaped, "x.yaml:2: the escape of the character U+0000 is not allowed; leave it out");
    }
  }

  @Test
  void tagsAreNeverObeyed() {
    refused(
        "model: m\nx: !!javax.script.ScriptEngineManager [a]\n",
        "x.yaml:2:4: the tag tag:yaml.org,2002:javax.script.ScriptEngineManager is not allowed;"
            + " write a plain value");
    refused("model: !mine a\n", "x.yaml:1: the tag !mine is not allowed; write a plain value");
  }

  @Test
  void anchorsThatContainThemselvesAreRefused() {
    refused("a: &x\n  b: *x\n", "x.yaml:1: this anchor contains itself");
  }

  @Test
  void mergeOfAValueIsRefused() {
    refused("<<: 3\n", "x.yaml:1: '<<' merges a group of keys or a list of them");
  }

  @Test
  void settingsAreNamedInTheirErrors() {
    ConfigTree tree = Config.parse("model: m\nscore: {of: [1]}\n", "x.yaml");

    assertRefused(
        () -> tree.without("score").with("clip_range=wide").bind(Ppo.class),
        "--set clip_range=wide: clip_range is 'wide', wanted a number from 0 to 1");
    assertRefused(
        () -> tree.without("score").with("sampling.topk=1").bind(Ppo.class),
        "--set sampling.topk=1: unknown key 'sampling.topk'; did you mean 'sampling.top_k'?");
    assertRefused(
        () -> tree.with("model"), "--set model: wanted key=value, for example --set ppo.steps=50");
    assertRefused(() -> tree.with("a..b=1"), "--set a..b=1: the key has an empty part");
    assertRefused(
        () -> tree.with("model.x=1"), "--set model.x=1: model is 'm' (x.yaml:1) and has no keys");
    assertRefused(
        () -> tree.with("score.of.1=2"),
        "--set score.of.1=2: score.of is a list of 1, wanted a position from 0 to 0"
            + " instead of '1'");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> tree.with("a=[1"))
        .withMessageStartingWith("--set a=[1: not valid YAML: ");
  }

  @Test
  void treesNameWhatIsMissing() {
    ConfigTree score =
        Config.parse("score:\n  combine: mean\n", "x.yaml").bind(Scored.class).score();

    assertRefused(
        () -> score.get("combin"), "x.yaml:2: missing key 'score.combin'; did you mean 'combine'?");
    assertRefused(
        () -> score.get("combine").items(), "x.yaml:2: score.combine is 'mean', wanted a list");
    assertRefused(
        () -> score.get("combine").keys(),
        "x.yaml:2: score.combine is 'mean', wanted a group of keys");
    assertRefused(
        () -> {
          throw score.get("combine").error("no such combiner");
        },
        "x.yaml:2: score.combine: no such combiner");
  }

  @Test
  void missingFileGetsTheNearestOne() throws IOException {
    Files.writeString(folder.resolve("medical.yaml"), "a: 1");

    assertRefused(
        () -> Config.read(folder.resolve("medicla.yaml")),
        folder.resolve("medicla.yaml")
            + ": no such file; did you mean '"
            + folder.resolve("medical.yaml")
            + "'?");
    assertRefused(
        () -> Config.read(folder.resolve("zzz.yaml")),
        folder.resolve("zzz.yaml") + ": no such file");
    assertRefused(
        () -> Config.read(folder.resolve("none/x.yaml")),
        folder.resolve("none/x.yaml")
            + ": no such file; the folder "
            + folder.resolve("none")
            + " does not exist");
    assertRefused(() -> Config.read(folder), folder + ": this is a folder, wanted a YAML file");
  }

  @Test
  void fileThatIsNotUtf8IsRefused() throws IOException {
    Path file = folder.resolve("latin.yaml");
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xE9});

    assertRefused(() -> Config.read(file), file + ": not UTF-8 text; save the file as UTF-8");
  }

  @Test
  void wronglyDeclaredRecordsAreTheProgramsFault() {
    ConfigTree empty = Config.parse("", "x.yaml");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> empty.bind(Unannotated.class))
        .withMessageContaining("steps has no @Key");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> empty.bind(Unsupported.class))
        .withMessageContaining("cannot have the type java.lang.StringBuilder");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> empty.bind(WrongDefault.class))
        .withMessageContaining("share is 2, wanted a number <= 1");
  }

  private static void refused(String yaml, String message) {
    assertRefused(() -> Config.parse(yaml, "x.yaml").bind(Ppo.class), message);
  }

  private static void everythingRefused(String yaml, String message) {
    assertRefused(() -> Config.parse(yaml, "x.yaml").bind(Everything.class), message);
  }

  private static void refusedWith(String yaml, String start) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse(yaml, "x.yaml").bind(Ppo.class))
        .withMessageStartingWith(start)
        .satisfies(e -> org.assertj.core.api.Assertions.assertThat(e.getMessage()).hasLineCount(1));
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
    assertThatExceptionOfType(InputException.class).isThrownBy(call).withMessage(message);
  }
}
