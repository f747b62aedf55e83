package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.eval.Interval;
import plumbline.report.Report;
import plumbline.train.Progress;

class ClaimsStageTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  @Test
  void theVerdictIsTheSideOnWhichTheWholeIntervalLies() {
    for (String expect : List.of("above 0.5", "below 0.5")) {
      boolean above = expect.startsWith("above");
      assertThat(claim(expect).verdict(Optional.of(new Interval(0.7, 0.6, 0.8))))
          .isEqualTo(above ? Claim.Verdict.SAME_DIRECTION : Claim.Verdict.OPPOSITE);
      assertThat(claim(expect).verdict(Optional.of(new Interval(0.3, 0.2, 0.4))))
          .isEqualTo(above ? Claim.Verdict.OPPOSITE : Claim.Verdict.SAME_DIRECTION);
      assertThat(claim(expect).verdict(Optional.of(new Interval(0.5, 0.4, 0.6))))
          .isEqualTo(Claim.Verdict.NO_DIFFERENCE_SEEN);
      assertThat(claim(expect).verdict(Optional.of(new Interval(0.6, 0.5, 0.7))))
          .as("the border belongs to neither side")
          .isEqualTo(Claim.Verdict.NO_DIFFERENCE_SEEN);
      assertThat(claim(expect).verdict(Optional.empty())).hasToString("not measured");
    }
  }

  @Test
  void anEstimateIsFoundInEveryFormAndUnderKeysWithDots() throws IOException {
    JsonNode summary =
        JSON.readTree(
            """
            {"differences": {"combined-0.25": {"preference": [0.1, 0.05, 0.2]}, "combined-0": 1},
             "winrates": [{"model": "a"}, {"rate": {"mean": 0.6, "low": 0.5, "high": 0.7}},
               {"model": "b-0.5", "baseline": "a", "win_rate": 60.0, "interval": [50.5, 69.0]}],
             "slope": {"value": -1.0, "low": -2.0, "high": -0.5}, "bare": 3,
             "torn": {"mean": 1.0, "low": "?", "high": 2}}""");

    assertThat(new SummaryPath("differences.combined-0.25.preference").interval(summary))
        .contains(new Interval(0.1, 0.05, 0.2));
    assertThat(new SummaryPath("winrates.1.rate").interval(summary))
        .contains(new Interval(0.6, 0.5, 0.7));
    assertThat(new SummaryPath("slope").interval(summary)).contains(new Interval(-1, -2, -0.5));
    for (String none : List.of("bare", "torn", "winrates.7", "differences.combined-0.26", "gone")) {
      assertThat(new SummaryPath(none).interval(summary)).as(none).isEmpty();
    }
    assertThat(new SummaryPath("winrates.b-0.5/a").interval(summary))
        .contains(new Interval(60, 50.5, 69));
    assertThat(new SummaryPath("winrates.1.rates").nearest(summary))
        .isEqualTo("'winrates.1' has [rate]");
  }

  /** Sums of normal estimates have intervals that shrink with the root of the squares' sum. */
  @Test
  void aSumsIntervalIsThatOfIndependentNormalEstimates() {
    Random random = new Random(3);
    for (int round = 0; round < 50; round++) {
      double[] weights = random.doubles(4, -2, 2).toArray();
      double[] errors = random.doubles(4, 0.1, 1).toArray();
      double mean = 0;
      double variance = 0;
      List<Interval> estimates = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        double value = random.nextGaussian();
        estimates.add(new Interval(value, value - 2 * errors[i], value + 2 * errors[i]));
        mean += weights[i] * value;
        variance += weights[i] * weights[i] * errors[i] * errors[i];
      }
      Interval sum = Interval.sum(weights, estimates);
      assertThat(sum.mean()).isCloseTo(mean, within(1e-12));
      assertThat(sum.high() - mean).isCloseTo(2 * Math.sqrt(variance), within(1e-12));
      assertThat(mean - sum.low()).isCloseTo(2 * Math.sqrt(variance), within(1e-12));
    }
  }

  @Test
  void claimsStandInSummaryReportAndComparison() throws IOException {
    Path one = run("one", 1);
    Path two = run("two", 2);

    JsonNode claims = TinyModels.json(one.resolve("summary.json")).get("claims");
    assertThat(claims.findValuesAsText("id"))
        .containsExactly("gains", "paired", "apart", "trend", "missing");
    for (JsonNode claim : claims) {
      boolean missing = claim.get("id").asText().equals("missing");
      assertThat(claim.has("ours")).isEqualTo(!missing);
      assertThat(claim.get("verdict").asText())
          .isIn(
              missing
                  ? List.of("not measured")
                  : List.of("same direction", "no difference seen", "opposite"));
    }
    JsonNode difference = TinyModels.json(one.resolve("evaluate/summary.json")).get("difference");
    for (int i : new int[] {0, 1}) {
      assertThat(claims.get(i).at("/ours/value").asDouble())
          .isCloseTo(difference.get("mean").asDouble(), within(1e-9));
    }
    double kl =
        TinyModels.json(one.resolve("evaluate/summary.json"))
            .at("/systems/policy/kl/mean")
            .asDouble();
    assertThat(claims.at("/2/ours/value").asDouble())
        .isCloseTo(difference.get("mean").asDouble() - kl, within(1e-9));
    assertThat(TinyModels.json(one.resolve("claims/run.json")).get("warnings").toString())
        .contains("claim 'missing' was not measured", "has no interval at 'no.such.place'");
    assertThat(Files.readString(one.resolve("report.html")))
        .contains(ClaimsStage.SECTION, "a number of the paper", "Of 5 claims of the publication: ");
    Path both = folder.resolve("both.html");
    Report.write(List.of(one, two), both);
    assertThat(Files.readString(both)).contains("Claims of the publication", " of 2");
    assertThat(Report.export(List.of(one, two), folder.resolve("export")))
        .anyMatch(file -> file.endsWith("claims.csv"))
        .anyMatch(file -> file.endsWith("claims.tex"));
  }

  @Test
  void aClaimAboutNoStageIsRefusedBeforeAnyStageRuns() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Pipeline.of(
                        Config.parse(
                            pipeline("x", 1).replace("evaluate, value", "evalute, value"),
                            "p.yaml"))
                    .run(false, Progress.silent()))
        .withMessageContaining("claims.of.0.ours.stage: there is no earlier stage 'evalute'")
        .withMessageContaining("did you mean 'evaluate'?");
    assertThat(folder.resolve("x")).doesNotExist();
  }

  @Test
  void whatIsExpectedIsASideOfANumber() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () ->
                Pipeline.of(Config.parse(pipeline("x", 1).replace("above 0", "over 0"), "p.yaml")))
        .withMessageContaining("'expect' is 'over 0', wanted 'above NUMBER' or 'below NUMBER'");
  }

  private Path run(String name, long seed) {
    Pipeline.of(Config.parse(pipeline(name, seed), "p.yaml")).run(false, Progress.silent());
    return folder.resolve(name);
  }

  private String pipeline(String name, long seed) {
    return """
    out: %s
    name: %s
    seed: %d
    data: {format: clinic, demonstrations: 16, pairs: 8, prompts: 16, test_rows: 12}
    scratch: {data: data, hidden_size: 16, intermediate_size: 32, vocabulary_size: 400, layers: 1}
    sft: {model: scratch, data: data, max_steps: 2, lengths: {max_prompt_tokens: 200, max_response_tokens: 50, too_long: truncate}}
    evaluate: {before: scratch, after: sft, data: data, score: {length: words, target: 8},
      max_prompt_tokens: 200, sampling: {max_new_tokens: 12}}
    claims:
      of:
        - {id: gains, publication: a number of the paper, expect: above 0,
           ours: {stage: evaluate, value: difference}}
        - {id: paired, publication: "1 against 0", expect: above 0,
           ours: {stage: evaluate, items: reward/policy, minus: {stage: evaluate, items: reward/sft}}}
        - {id: apart, publication: "1 against 0", expect: above 0,
           ours: {stage: evaluate, value: difference, minus: {stage: evaluate, value: systems.policy.kl}}}
        - {id: trend, publication: rising, expect: above 0,
           ours: {trend: [{x: 0, stage: evaluate, value: difference}, {x: 1, stage: evaluate, value: win_rate}]}}
        - {id: missing, publication: "?", expect: below 0, ours: {stage: evaluate, value: no.such.place}}
    """
        .formatted(folder.resolve(name), name, seed);
  }

  private static Claim claim(String expect) {
    return new Claim(
        "id",
        "paper",
        new Claim.Ours(
            Optional.of("s"), Optional.of("v"), Optional.empty(), Optional.empty(), List.of()),
        expect);
  }
}
