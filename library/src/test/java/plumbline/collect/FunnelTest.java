package plumbline.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.ForkedJvm;
import plumbline.config.Config;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.Verdict;
import plumbline.data.format.RowFiles;
import plumbline.judge.Comparison;
import plumbline.judge.Judge;
import plumbline.judge.Rating;
import plumbline.judge.Usage;
import plumbline.score.Scorer;
import plumbline.score.Scores;

class FunnelTest {
  private static final int PROMPTS = 120;
  private static final int PART = 16;

  @TempDir private Path folder;

  private Path prompts;

  @BeforeEach
  void writePrompts() {
    prompts = folder.resolve("prompts.train.jsonl");
    RowFiles.write(
        prompts,
        IntStream.range(0, 200)
            .mapToObj(
                i ->
                    new Prompt(
                        List.of(Message.user("Question number " + i)),
                        Map.of("kind", i < 20 ? "rare" : i % 2 == 0 ? "even" : "odd")))
            .toList());
  }

  static Funnel.Keys keys(String... settings) {
    var tree =
        Config.parse(
            "{prompts: %d, part: %d, pairing: {pairs_per_prompt: 2}, orders: 0.5}"
                .formatted(PROMPTS, PART),
            "test");
    for (String setting : settings) {
      tree = tree.with(setting);
    }
    return tree.bind(Funnel.Keys.class);
  }

  private Funnel funnel(String name) {
    return new Funnel(folder.resolve(name), keys(), 7, step -> FunnelListener.silent());
  }

  static final Scorer BY_WORDS =
      completions ->
          Scores.of(
              "words",
              completions.stream()
                  .mapToDouble(completion -> completion.response().split(" ").length)
                  .toArray());

  /** Rates by a hash; dies after so many ratings. */
  static final class StandInJudge implements Judge {
    private int left;

    StandInJudge(int left) {
      this.left = left;
    }

    @Override
    public String name() {
      return "stand-in";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public Comparison compare(Prompt prompt, String first, String second) {
      Verdict verdict = first.length() > second.length() ? Verdict.FIRST : Verdict.SECOND;
      return new Comparison(verdict, OptionalDouble.empty(), "", Usage.NONE);
    }

    @Override
    public Rating rate(Prompt prompt, String response) {
      if (left-- == 0) {
        throw new IllegalStateException("killed");
      }
      long stars = 1 + Math.floorMod(Sha256.prefix(response), 5L);
      return new Rating(OptionalDouble.of((double) stars), "", Usage.NONE);
    }
  }

  private record Death(int answers, int responses, int ratings) {}

  private static final Death NEVER = new Death(-1, -1, -1);

  private void run(Funnel funnel, Death death) {
    funnel.pool(List.of(prompts), prompt -> prompt.meta().get("kind"));
    StandInWriter weak = new StandInWriter("weak", 1, death.answers());
    StandInWriter strong = new StandInWriter("strong", 2, death.responses());
    funnel.answers(weak, StandInWriter.of("strong", 2), BY_WORDS);
    funnel.responses(
        List.of(new Funnel.Source(StandInWriter.of("weak", 1), 2), new Funnel.Source(strong, 2)));
    funnel.ratings(List.of(new StandInJudge(death.ratings())));
    funnel.orders(new StandInJudge(-1));
    Path tasks = funnel.tasks(known(), 3);
    funnel.labels(tasks, FunnelTest::label);
    Collected.of(funnel, true, "people");
  }

  private static List<PreferencePair> known() {
    return List.of(new PreferencePair(Prompt.of("1 + 1?"), "2", "3"));
  }

  /** People prefer what has the larger hash; of some tasks they make nothing. */
  private static PeopleLabel label(LabelTask task) {
    long hash = Math.floorMod(Sha256.prefix(task.id()), 4L);
    double share = hash == 0 ? 1 : hash == 1 ? 0 : 2 / 3.0;
    return new PeopleLabel(task.id(), share, 3, hash == 3 ? "people disagree" : "");
  }

  private static Map<String, String> left(Path folder) throws IOException {
    Map<String, String> left = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        left.put(folder.relativize(file).toString(), Sha256.of(file));
      }
    }
    return left;
  }

  @Test
  void aFunnelKilledInAnyStepLeavesTheSameBytes() throws IOException {
    run(funnel("whole"), NEVER);
    Map<String, String> wanted = left(folder.resolve("whole"));
    assertThat(wanted.keySet())
        .contains("answers.jsonl", "ratings.jsonl", "tasks.jsonl", "step4/pairs.train.jsonl");

    for (Death death : List.of(new Death(3, -1, -1), new Death(-1, 2, -1), new Death(-1, -1, 77))) {
      String name = death.toString();
      assertThatThrownBy(() -> run(funnel(name), death)).hasMessage("killed");
      tear(folder.resolve(name));
      run(funnel(name), NEVER);

      assertThat(left(folder.resolve(name))).as(name).isEqualTo(wanted);
    }
  }

  /** What kill -9 leaves: half of a part, half of a line. */
  private static void tear(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(StepLog.GROWING)).toList()) {
        List<String> lines = Files.readAllLines(file);
        assertThat(lines.size() % PART).isZero();
        if (!lines.isEmpty()) {
          String torn = lines.get(0) + "\n" + lines.get(0).substring(0, 20);
          Files.writeString(file, torn, StandardCharsets.UTF_8, StandardOpenOption.APPEND);
        }
      }
    }
  }

  @Test
  void everyCandidateIsCountedInEveryStep() {
    Funnel funnel = funnel("counted");
    run(funnel, NEVER);
    Collected collected = Collected.of(funnel, true, "people");

    List<StepCount> steps = collected.steps();
    assertThat(steps.stream().map(StepCount::name))
        .containsExactly("prompts", "responses", "ratings", "people");
    assertThat(steps.get(0).in()).isEqualTo(2 * PROMPTS);
    for (int i = 1; i < steps.size(); i++) {
      assertThat(steps.get(i).in()).isEqualTo(steps.get(i - 1).out());
      assertThat(steps.get(i).out()).isBetween(1L, steps.get(i).in());
    }
    assertThat(collected.pairs().values().stream().distinct()).containsExactly(steps.get(3).out());
    long inMatrix = Stream.of(collected.matrix()).flatMapToLong(Arrays::stream).sum();
    assertThat(inMatrix).isEqualTo(steps.get(2).in());
  }

  @Test
  void epsilonLosesTheShareThatIsWanted() {
    Funnel funnel = funnel("epsilon");
    run(funnel, NEVER);
    double epsilon = funnel.epsilon();
    long lost =
        funnel.hardPrompts().filter(row -> !HardPrompts.lost(row, epsilon).isEmpty()).count();

    // Gains are whole numbers: prompts that tie with the last one that is lost go too.
    assertThat(lost).isGreaterThanOrEqualTo(PROMPTS / 10);
    assertThat(funnel.hardPrompts().filter(row -> row.gain() < epsilon).count())
        .isLessThanOrEqualTo(PROMPTS / 10);
  }

  @Test
  void thePoolTakesAsManyOfEachCategoryAsThereAre() {
    Map<String, Long> drawn =
        funnel("pool").pool(List.of(prompts, prompts), prompt -> prompt.meta().get("kind"));

    assertThat(drawn)
        .containsEntry("rare", 20L)
        .containsEntry("even", 50L)
        .containsEntry("odd", 50L);
  }

  @Test
  void noModelGetsMoreThanAPartAtATime() {
    Funnel funnel = funnel("parts");
    funnel.pool(List.of(prompts), prompt -> prompt.meta().get("kind"));
    StandInWriter weak = StandInWriter.of("weak", 1);
    funnel.answers(weak, StandInWriter.of("strong", 2), BY_WORDS);

    assertThat(weak.mostAtATime()).isEqualTo(PART);
  }

  @Test
  void pairsThatStayHaveTheBetterAnswerOfTheStrongerModel() {
    Funnel funnel = funnel("order");
    run(funnel, NEVER);
    List<Candidate> kept = new ArrayList<>();
    Funnel.forEach(funnel.kept(), kept::add);

    assertThat(kept)
        .isNotEmpty()
        .allMatch(pair -> pair.better().strength() > pair.worse().strength())
        .allMatch(pair -> StarRule.stars(pair.better()) > StarRule.stars(pair.worse()))
        .allMatch(pair -> StarRule.stars(pair.better()) - StarRule.stars(pair.worse()) < 4);
  }

  @Test
  void tasksShowTheBetterAnswerFirstAsOftenAsSecondAndNameNoWriterInTheirIds() {
    Funnel funnel = funnel("tasks");
    run(funnel, NEVER);
    List<LabelTask> tasks = new ArrayList<>();
    Funnel.forEach(LabelTask.read(folder.resolve("tasks/tasks.jsonl")), tasks::add);

    assertThat(tasks.stream().filter(LabelTask::isKnown)).hasSize(1);
    long strongFirst =
        tasks.stream().filter(task -> task.responses().get(0).model().equals("strong")).count();
    assertThat((double) strongFirst / tasks.size()).isBetween(0.3, 0.7);
    assertThat(tasks).allMatch(task -> task.responses().get(0).id().equals("a"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"step3", "step4", "unfiltered"})
  void trainingSetsAreReadAsPairs(String set) {
    Funnel funnel = funnel("sets");
    run(funnel, NEVER);
    List<PreferencePair> pairs =
        RowFiles.readPairs(folder.resolve("sets/" + set + "/pairs.train.jsonl")).rows();

    assertThat(pairs).isNotEmpty().allMatch(pair -> !pair.chosen().equals(pair.rejected()));
  }

  @Test
  void aStepThatIsDoneIsNotDoneAgain() {
    run(funnel("again"), NEVER);
    run(funnel("again"), new Death(0, 0, 0));
  }

  @Test
  void memoryIsBoundedHoweverManyPromptsThereAre() {
    String output =
        ForkedJvm.output(
            20, ForkedJvm.LAUNCHER_BYTES, ManyPrompts.class, folder.toString(), "8000");
    Matcher sizes = Pattern.compile("log_mb=(\\d+) heap_mb=(\\d+)").matcher(output);

    assertThat(sizes.find()).as(output).isTrue();
    assertThat(Integer.parseInt(sizes.group(1))).isGreaterThan(Integer.parseInt(sizes.group(2)));
  }
}
