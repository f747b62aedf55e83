package plumbline.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.annotation.Agreement;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Split;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;
import plumbline.data.format.RowFiles;
import plumbline.judge.StandInEndpoint;
import plumbline.train.Progress;

/** The stage's last step and its errors; its models are behind an endpoint that never fails. */
class CollectStageTest {
  @TempDir private Path folder;

  @BeforeEach
  void writeData() throws IOException {
    Files.createDirectories(folder.resolve("data"));
    Clinic clinic = new Clinic(1);
    RowFiles.write(folder.resolve("data/prompts.train.jsonl"), clinic.prompts(Split.TRAIN, 40));
    RowFiles.write(
        folder.resolve("data/pairs.train.jsonl"), clinic.pairs(Split.TRAIN, 30, Annotator.CLEAN));
  }

  private ConfigTree config(String address, String people) {
    String remote = "endpoint: '" + address + "', model: judge-1, max_tokens: 64";
    return Config.parse(
        """
        out: '%s'
        data: '%s'
        category: trigger
        writers:
          weak: {strength: 1, remote: {temperature: 0.5, %s}}
          strong: {strength: 2, remote: {temperature: 1, %s}}
        ours: weak
        strong: strong
        proxy: {length: words, target: 20, per: 10}
        judges: [{%s}]
        funnel: {prompts: 32, part: 8, ratings: {matrix: ['00000', '10000', '11000', '11100', '11110']}}
        same_number: false
        people: %s
        """
            .formatted(
                folder.resolve("run"), folder.resolve("data"), remote, remote, remote, people),
        "funnel.yaml");
  }

  /** The endpoint has another address in every run; what it says is the same. */
  private JsonNode run(String people, boolean resume) {
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      Path written = folder.resolve("run/config.yaml");
      if (resume) {
        String before = Files.readString(written);
        Files.writeString(
            written, before.replaceAll("http://127.0.0.1:\\d+/v1", endpoint.address()));
      }
      ConfigTree config = config(endpoint.address(), people);
      return Pipeline.ofStage("collect", config).run(resume, Progress.silent());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<String> tasks() throws IOException {
    return Files.readAllLines(folder.resolve("run/tasks.jsonl"));
  }

  @Test
  void withoutVotesItEndsWithTheTasksAndGoesOnWhenTheyAreThere() throws IOException {
    Path votes = folder.resolve("votes.jsonl");
    String people = "{votes: '" + votes + "', overlap: 2, least_votes: 2, agreement: 0.9}";

    assertThatThrownBy(() -> run(people, false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("tasks.jsonl")
        .hasMessageContaining("--resume");
    assertThat(tasks()).hasSizeGreaterThan(4);

    // Two people who agree on all tasks but the first; the last has one vote.
    List<String> ids =
        tasks().stream().map(line -> line.replaceAll("^\\{\"id\":\"([^\"]+)\".*", "$1")).toList();
    Files.writeString(
        votes,
        ids.stream()
            .map(
                id ->
                    "{\"id\": \"%s\", \"votes\": [%s%s]}\n"
                        .formatted(id, vote("ann", 1, 2), ofBen(ids, id)))
            .collect(Collectors.joining()));
    JsonNode summary = run(people, true);

    JsonNode reasons = summary.at("/steps/3/reasons");
    assertThat(summary.at("/steps/3/in").asInt()).isEqualTo(ids.size());
    assertThat(reasons.path("people see no difference").asInt()).isEqualTo(1);
    assertThat(reasons.path("too few votes").asInt()).isEqualTo(1);
    assertThat(summary.at("/sets/step4").asInt()).isEqualTo(ids.size() - 2);
    assertThat(summary.at("/people/simulated").asBoolean()).isFalse();

    // All said the same answer but for one of two on the first task; the last task has one vote.
    double[][] said = new double[ids.size() - 1][];
    Arrays.setAll(said, i -> new double[] {1, i == 0 ? 0 : 1});
    JsonNode agreement = summary.at("/agreement/people");
    assertThat(agreement.get("n").asInt()).isEqualTo(said.length);
    assertThat(agreement.at("/krippendorff_alpha/mean").asDouble())
        .isCloseTo(
            Agreement.krippendorff(said, Agreement.Scale.ORDINAL).orElseThrow(), within(1e-12));
    assertThat(summary.at("/agreement/judges").isMissingNode()).isTrue();
  }

  @Test
  void judgesThatRateTheSameAgreeFully() throws IOException {
    try (StandInEndpoint endpoint = StandInEndpoint.sound()) {
      ConfigTree config = config(endpoint.address(), "{overlap: 1, simulated: {ann: {}}}");
      String twin =
          "{endpoint: '%s', model: judge-1, name: twin, max_tokens: 64}"
              .formatted(endpoint.address());
      ConfigTree two = config.with("judges=[" + twin + ", " + twin.replace("twin", "other") + "]");

      JsonNode summary = Pipeline.ofStage("collect", two).run(false, Progress.silent());

      assertThat(summary.at("/agreement/judges/n").asInt()).isGreaterThan(20);
      assertThat(summary.at("/agreement/judges/krippendorff_alpha/low").asDouble()).isEqualTo(1);
      assertThat(Files.readString(folder.resolve("run/report.html")))
          .contains("How far those who judge the same agree");
    }
  }

  private static String ofBen(List<String> ids, String id) {
    if (id.equals(ids.get(ids.size() - 1))) {
      return "";
    }
    return id.equals(ids.get(0)) ? "," + vote("ben", 2, 1) : "," + vote("ben", 1, 2);
  }

  private static String vote(String annotator, int a, int b) {
    return "{\"annotator\": \"%s\", \"ranks\": {\"a\": %d, \"b\": %d}}".formatted(annotator, a, b);
  }

  @Test
  void votesOfWhoFailsTheKnownTasksDoNotCount() throws IOException {
    Path votes = folder.resolve("votes.jsonl");
    String people =
        "{votes: '%s', overlap: 2, known: '%s', known_tasks: 6, least_votes: 1}"
            .formatted(votes, folder.resolve("data"));
    assertThatThrownBy(() -> run(people, false)).isInstanceOf(InputException.class);

    // The good one knows every known answer and always says a; the bad one says the opposite.
    Files.writeString(
        votes,
        tasks().stream()
            .map(
                line -> {
                  String id = line.replaceAll("^\\{\"id\":\"([^\"]+)\".*", "$1");
                  boolean aWins = !line.contains("\"a\":2,\"b\":1");
                  return "{\"id\": \"%s\", \"votes\": [%s, %s]}\n"
                      .formatted(
                          id,
                          vote("good", aWins ? 1 : 2, aWins ? 2 : 1),
                          vote("bad", aWins ? 2 : 1, aWins ? 1 : 2));
                })
            .collect(Collectors.joining()));
    JsonNode summary = run(people, true);

    assertThat(summary.at("/people/people/good/counts").asBoolean()).isTrue();
    assertThat(summary.at("/people/people/good/right").asInt()).isEqualTo(6);
    assertThat(summary.at("/people/people/bad/counts").asBoolean()).isFalse();
    int tasks = summary.at("/steps/3/in").asInt();
    assertThat(summary.at("/people/discarded_votes").asInt()).isEqualTo(tasks);
    assertThat(summary.at("/steps/3/out").asInt()).isEqualTo(tasks);
  }

  @Test
  void simulatedPeopleAllMeetEveryKnownTaskAndShareTheOthers() throws IOException {
    String people =
        "{overlap: 1, least_votes: 1, known: '%s', known_tasks: 6, simulated: {a: {}, b: {}, c: {}}}"
            .formatted(folder.resolve("data"));
    JsonNode summary = run(people, false);

    int tasks = summary.at("/steps/3/in").asInt();
    JsonNode each = summary.at("/people/people");
    assertThat(each.size()).isEqualTo(3);
    for (JsonNode person : each) {
      assertThat(person.get("known").asInt()).isEqualTo(6);
      assertThat(person.get("votes").asInt() - 6).isBetween(tasks / 3, tasks / 3 + 1);
    }
  }

  @Test
  void simulatedPeopleAreMarkedSo() throws IOException {
    JsonNode summary = run("{overlap: 1, least_votes: 1, simulated: {ann: {}}}", false);

    assertThat(summary.at("/people/simulated").asBoolean()).isTrue();
    // None of the endpoint's words is worth anything in the clinic.
    assertThat(summary.at("/labels_by_gold/step3/tied").asDouble()).isEqualTo(1);
    assertThat(Files.readAllLines(folder.resolve("run/votes.jsonl")))
        .isNotEmpty()
        .allMatch(line -> line.contains("\"simulated\":true"));
    assertThat(Files.readString(folder.resolve("run/run.json"))).contains("people are simulated");
  }

  @Test
  void wrongKeysAreToldBeforeAnythingIsAsked() {
    String fine = "{overlap: 1, simulated: {ann: {}}}";
    assertWrong(config("http://x/v1", fine).with("ours=weka"), "did you mean 'weak'");
    assertWrong(config("http://x/v1", fine).with("strong=weak"), "strength");
    assertWrong(config("http://x/v1", "{overlap: 3, simulated: {ann: {}}}"), "1 people");
    assertWrong(config("http://x/v1", "{overlap: 3}"), "'votes'");
    assertWrong(config("http://x/v1", fine).with("judges=[longer]"), "only compares");
    assertWrong(config("http://x/v1", fine).with("data=nowhere"), "nowhere");
    assertWrong(config("http://x/v1", fine).with("writers.weak.model=here"), "'remote'");
  }

  private void assertWrong(ConfigTree config, String message) {
    assertThatThrownBy(() -> Pipeline.ofStage("collect", config).run(false, Progress.silent()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void theReportShowsWhereTheCandidatesWent() throws IOException {
    run("{overlap: 1, least_votes: 1, simulated: {ann: {}}}", false);
    String report = Files.readString(folder.resolve("run/report.html"));

    assertThat(report)
        .contains("What each step left of the candidate pairs")
        .contains("lost in the published study")
        .contains("\"type\":\"sankey\"")
        .contains("Pairs by the judges&#39; ratings of both sides", "r+ 4");
  }
}
