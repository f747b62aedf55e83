package plumbline.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import plumbline.InputException;

class ConfigTest {
  enum Critic {
    SEPARATE,
    VALUE_HEAD
  }

  record Sampling(
      @Key(def = "1.0", min = 0, doc = "softmax temperature") double temperature,
      @Key(def = "0", min = 0, doc = "0 keeps all tokens") int topK) {}

  record Ppo(
      @Key(def = "64", min = 1, doc = "prompts per update") int promptsPerUpdate,
      @Key(def = "0.2", min = 0, max = 1, doc = "clip range") double clipRange,
      @Key(def = "separate", doc = "where values come from") Critic critic,
      @Key(doc = "folder of the policy") String model,
      @Key(def = "", doc = "folder of the reference") Optional<String> reference,
      @Key Sampling sampling) {
    Ppo {
      if (clipRange > 0.5 && critic == Critic.VALUE_HEAD) {
        throw new IllegalArgumentException("clip_range above 0.5 needs a separate critic");
      }
    }
  }

  record Everything(
      @Key(def = "true") boolean flag,
      @Key(def = "7") int small,
      @Key(def = "9000000000") long large,
      @Key(def = "1e-5") double rate,
      @Key(def = "no: 1 # text") String text,
      @Key(def = "") String nothing,
      @Key(def = "value_head") Critic critic,
      @Key(def = "") Optional<Critic> maybe,
      @Key(def = "") OptionalInt maybeInt,
      @Key(def = "8") OptionalLong maybeLong,
      @Key OptionalDouble maybeDouble,
      @Key(def = "[0.25, 0.75]", min = 0) List<Double> weights,
      @Key(def = "") List<Sampling> phases,
      @Key(def = "{b: 1, a: 2}") Map<String, Integer> counts,
      @Key Sampling sampling,
      @Key(def = "runs/out") Path folder,
      @Key(def = "{model: rm, of: [1, '2', yes, {x: ~}]}") ConfigTree score) {}

  record Scored(@Key(def = "") ConfigTree score) {}

  record Common(@Key(def = "2", min = 1) int rows, @Key Sampling sampling) {
    Common {
      if (rows > 9) {
        throw new IllegalArgumentException("rows is " + rows + ", wanted at most 9");
      }
    }
  }

  record Flat(
      @Key(doc = "a folder") String model,
      @Key(flat = true) Common common,
      @Key(def = "3") int steps) {}

  @Test
  void keysOfAFlatRecordStandBesideTheOthers() {
    String yaml = "model: m\nrows: 4\nsampling: {top_k: 5}\nsteps: 6\n";
    Flat flat = Config.parse(yaml, "x.yaml").bind(Flat.class);

    assertThat(flat).isEqualTo(new Flat("m", new Common(4, new Sampling(1, 5)), 6));
    assertThat(Config.parse(Config.toYaml(flat), "y.yaml").bind(Flat.class)).isEqualTo(flat);
    assertThat(Config.parse("model: m", "x.yaml").bind(Flat.class).common().rows()).isEqualTo(2);
    assertThat(Config.table(Flat.class))
        .contains("`rows`", "`sampling.top_k`")
        .doesNotContain("common");
    assertThat(Config.schema(Flat.class)).contains("\"rows\"").doesNotContain("common");
  }

  @Test
  void errorsOfAFlatRecordHaveTheirPlaces() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse("model: m\nrows: 0", "x.yaml").bind(Flat.class))
        .withMessageStartingWith("x.yaml:2: rows is 0, wanted");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse("model: m\nrows: 10", "x.yaml").bind(Flat.class))
        .withMessageContaining("rows is 10, wanted at most 9");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse("model: m\nrow: 1", "x.yaml").bind(Flat.class))
        .withMessageContaining("did you mean 'rows'");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse("model: m\ncommon: {rows: 1}", "x.yaml").bind(Flat.class))
        .withMessageContaining("unknown key 'common'");
  }

  @Test
  void writtenKeysReplaceDefaults() {
    Ppo ppo =
        Config.parse(
                """
                model: base
                prompts_per_update: 8
                critic: value_head
                sampling:
                  temperature: 0.7
                """,
                "x.yaml")
            .bind(Ppo.class);

    assertThat(ppo)
        .isEqualTo(
            new Ppo(8, 0.2, Critic.VALUE_HEAD, "base", Optional.empty(), new Sampling(0.7, 0)));
  }

  @Test
  void defaultsComeFromTheAnnotations() {
    Everything everything = Config.defaults(Everything.class);

    assertThat(everything.flag()).isTrue();
    assertThat(everything.small()).isEqualTo(7);
    assertThat(everything.large()).isEqualTo(9_000_000_000L);
    assertThat(everything.rate()).isEqualTo(1e-5);
    assertThat(everything.text()).isEqualTo("no: 1 # text");
    assertThat(everything.nothing()).isEmpty();
    assertThat(everything.critic()).isEqualTo(Critic.VALUE_HEAD);
    assertThat(everything.maybe()).isEmpty();
    assertThat(everything.maybeInt()).isEmpty();
    assertThat(everything.maybeLong()).hasValue(8);
    assertThat(everything.maybeDouble()).isEmpty();
    assertThat(everything.weights()).containsExactly(0.25, 0.75);
    assertThat(everything.phases()).isEmpty();
    assertThat(everything.counts()).containsExactly(Map.entry("b", 1), Map.entry("a", 2));
    assertThat(everything.sampling()).isEqualTo(new Sampling(1.0, 0));
    assertThat(everything.folder()).isEqualTo(Path.of("runs/out"));
    assertThat(everything.score().get("model").text()).isEqualTo("rm");
  }

  @Test
  void defaultsNeedADefaultForEveryKey() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Config.defaults(Ppo.class))
        .withMessageContaining("missing key 'model'");
  }

  @Test
  void theEffectiveConfigurationBindsToAnEqualRecord() {
    Everything defaults = Config.defaults(Everything.class);
    Everything changed =
        Config.parse(
                """
                flag: false
                rate: 3
                text: "line one\\nline two: 'x' # \\u00e9 ~"
                nothing: '1e5'
                maybe: separate
                maybe_int: -4
                maybe_double: .inf
                phases: [{top_k: 3}, {temperature: 1e-9}]
                counts: {on: 3, '4': 5, 'a b: c': 6}
                folder: "C:\\\\x y"
                score: {clip: 1e5, name: '1e5', none:, list: [], map: {}, text: "true", nested: [[1], {a: b}]}
                """,
                "x.yaml")
            .bind(Everything.class);

    for (Everything config : List.of(defaults, changed)) {
      String yaml = Config.toYaml(config);
      Everything again = Config.parse(yaml, "again.yaml").bind(Everything.class);
      assertThat(again).as(yaml).isEqualTo(config);
      assertThat(Config.toYaml(again)).isEqualTo(yaml);
    }
  }

  @Test
  void theEffectiveConfigurationIsReadable() {
    Ppo ppo = Config.parse("{model: base, clip_range: 1e-5}", "x.yaml").bind(Ppo.class);

    assertThat(Config.toYaml(ppo))
        .isEqualTo(
            """
            prompts_per_update: 64
            clip_range: 1.0e-5
            critic: separate
            model: base
            reference: null
            sampling:
              temperature: 1.0
              top_k: 0
            """);
  }

  @Test
  void numbersMayBeWrittenAsPeopleWriteThem() {
    Everything config =
        Config.parse("{small: 1e3, large: 1_000_000, rate: 1e-5}", "x.yaml").bind(Everything.class);

    assertThat(config.small()).isEqualTo(1000);
    assertThat(config.large()).isEqualTo(1_000_000);
    assertThat(config.rate()).isEqualTo(1e-5);
  }

  @Test
  void aTextMayLookLikeAnythingElse() {
    for (String text : List.of("yes", "on", "2024", "1e5", "true", "2024-01-01", "0x1F")) {
      assertThat(Config.parse("text: " + text, "x.yaml").bind(Everything.class).text())
          .isEqualTo(text);
    }
  }

  @Test
  void anEmptyOptionalIsEmptyAndAnEmptyGroupHasItsDefaults() {
    Ppo ppo = Config.parse("model: m\nreference:\nsampling:\n", "x.yaml").bind(Ppo.class);

    assertThat(ppo.reference()).isEmpty();
    assertThat(ppo.sampling()).isEqualTo(new Sampling(1.0, 0));
  }

  @Test
  void anchorsAndMergeKeysAreResolved() {
    Everything config =
        Config.parse(
                """
                phases:
                  - &warm {temperature: 0.5, top_k: 3}
                  - {<<: *warm, top_k: 9}
                  - *warm
                  - <<: [{top_k: 1}, *warm]
                """,
                "x.yaml")
            .bind(Everything.class);

    assertThat(config.phases())
        .containsExactly(
            new Sampling(0.5, 3), new Sampling(0.5, 9), new Sampling(0.5, 3), new Sampling(0.5, 1));
  }

  @Test
  void aTreeIsBoundLaterAndKeepsItsPlaces() {
    ConfigTree score =
        Config.parse(
                """
                score:
                  combine: mean
                  of:
                    - {top_k: 4}
                    - temperature: 0.5
                """,
                "x.yaml")
            .bind(Scored.class)
            .score();

    assertThat(score.keys()).containsExactly("combine", "of");
    assertThat(score.get("combine").text()).isEqualTo("mean");
    assertThat(score.find("shape")).isEmpty();
    assertThat(score.get("of").isList()).isTrue();
    assertThat(score.get("of").items().get(1).bind(Sampling.class)).isEqualTo(new Sampling(0.5, 0));
    assertThat(score.get("of").items().get(1).where()).isEqualTo("x.yaml:5");
    assertThat(score.get("of").items().get(1).path()).isEqualTo("score.of.1");
    assertThat(score.without("of").keys()).containsExactly("combine");
  }

  @Test
  void treesAreEqualIfTheirValuesAre() {
    ConfigTree one = Config.parse("a: 1\nb: [x, 'y']\n", "one.yaml");
    ConfigTree two = Config.parse("\n\nb: ['x', y]\na: 1\n", "two.yaml");

    assertThat(one).isEqualTo(two).hasSameHashCodeAs(two);
    assertThat(one).isNotEqualTo(Config.parse("a: '1'\nb: [x, y]\n", "three.yaml"));
  }

  @Test
  void settingsReplaceAndCreate() {
    ConfigTree tree =
        Config.parse("model: base\nscore: {of: [{k: 1}, {k: 2}]}\n", "x.yaml")
            .with("model=other")
            .with("clip_range = 0.1")
            .with("sampling.top_k=5")
            .with("score.of.1.k=[3, 4]")
            .with("text=a=b");

    assertThat(tree.get("model").text()).isEqualTo("other");
    assertThat(tree.get("sampling").bind(Sampling.class).topK()).isEqualTo(5);
    assertThat(tree.get("score").get("of").items().get(1).get("k").items()).hasSize(2);
    assertThat(tree.get("text").text()).isEqualTo("a=b");
    assertThat(tree.without("text").without("score").bind(Ppo.class).clipRange()).isEqualTo(0.1);
  }

  @Test
  void keysAreTheSnakeCaseOfTheComponents() {
    assertThat(Field.snakeCase("promptsPerUpdate")).isEqualTo("prompts_per_update");
    assertThat(Field.snakeCase("topK")).isEqualTo("top_k");
    assertThat(Field.snakeCase("useGAE")).isEqualTo("use_gae");
    assertThat(Field.snakeCase("GAELambda")).isEqualTo("gae_lambda");
    assertThat(Field.snakeCase("beta1Decay")).isEqualTo("beta1_decay");
  }
}
