package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import plumbline.train.Progress;

class ConsoleTest {
  record Result(String peakRss, double winRate) {}

  @Test
  void withJsonStandardOutputHoldsOnlyTheDocument() {
    OutputOptions options = new OutputOptions();
    options.json = true;
    Captured captured = Captured.of((out, err) -> use(new Console(out, err, options, Map.of())));

    assertThat(captured.out())
        .isEqualToIgnoringWhitespace("{\"peak_rss\": \"x\", \"win_rate\": 0.5}");
    assertThat(captured.err()).contains("hello", "stage: 0 of 1", "warning: odd");
  }

  @Test
  void withoutJsonThereIsNoDocument() {
    Captured captured =
        Captured.of((out, err) -> use(new Console(out, err, new OutputOptions(), Map.of())));

    assertThat(captured.out()).isEqualTo("hello" + System.lineSeparator());
    assertThat(captured.err()).doesNotContain("hello").contains("stage: ", "warning: odd");
  }

  @Test
  void quietHidesProgressButNoWarning() {
    OutputOptions options = new OutputOptions();
    options.quiet = true;
    Captured captured = Captured.of((out, err) -> use(new Console(out, err, options, Map.of())));

    assertThat(captured.err()).isEqualTo("warning: odd" + System.lineSeparator());
  }

  private static int use(Console console) {
    console.say("hello");
    console.progress().start("stage", 1).close();
    console.warn("odd");
    console.result(new Result("x", 0.5));
    return 0;
  }

  @Test
  void documentsKeepTheOrderOfTheirKeys() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", "ok");
    document.put("kl", List.of(1, 2));
    document.put("gold", 0.5);

    assertThat(Console.toJson(document))
        .isEqualToIgnoringWhitespace("{\"status\":\"ok\",\"kl\":[1,2],\"gold\":0.5}");
  }

  @Test
  void numbersAreAlignedToTheRight() {
    assertThat(Table.of("metric", "sft").row("kl", "0.5").row("length", "112").lines())
        .containsExactly("metric  sft", "------  ---", "kl      0.5", "length  112");
    assertThat(Table.of("a", "longer").row("x", "7").lines())
        .containsExactly("a  longer", "-  ------", "x       7");
  }

  @Test
  void rowsHaveTheHeadersWidth() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Table.of("a", "b").row("1"))
        .withMessage("a row has 1 cells but the header has 2");
  }

  @Test
  void linesAppearEveryFewSecondsWithTheTimeLeft() {
    Iterator<Long> seconds = LongStream.of(0, 2, 6, 7, 12, 200).iterator();
    Captured captured =
        Captured.of(
            (out, err) -> {
              Progress progress =
                  new ConsoleProgress(
                      err, false, () -> Duration.ofSeconds(seconds.next()).toNanos());
              try (Progress.Task task = progress.start("sft", 40)) {
                task.step("loss 3");
                task.step("loss 2");
                task.step("loss 1.5");
                task.step("");
              }
              return 0;
            });

    assertThat(captured.err().lines())
        .containsExactly(
            "sft: 2 of 40, 1 min 54 s left, loss 2",
            "sft: 4 of 40, 1 min 48 s left",
            "sft: 4 of 40 in 3 min 20 s");
  }

  @Test
  void stepsOfAnEarlierRunSayNothingOfTheTimeLeft() {
    Iterator<Long> seconds = LongStream.of(0, 6, 12, 20).iterator();
    Captured captured =
        Captured.of(
            (out, err) -> {
              Progress progress =
                  new ConsoleProgress(
                      err, false, () -> Duration.ofSeconds(seconds.next()).toNanos());
              try (Progress.Task task = progress.start("sft", 40)) {
                task.skip(30);
                task.step("");
                task.step("");
              }
              return 0;
            });

    assertThat(captured.err().lines())
        .containsExactly(
            "sft: 31 of 40, 54 s left", "sft: 32 of 40, 48 s left", "sft: 32 of 40 in 20 s");
  }

  @Test
  void aTerminalGetsABarThatEndsItsLine() {
    Captured captured =
        Captured.of(
            (out, err) -> {
              Progress progress = new ConsoleProgress(err, true, System::nanoTime);
              try (Progress.Task task = progress.start("ppo", 2)) {
                task.step("reward 0.1");
                progress.note("checkpoint written");
                task.step("reward 0.2");
              }
              return 0;
            });

    assertThat(captured.err())
        .contains("ppo 100%", "2/2", "reward 0.2", "checkpoint written")
        .endsWith("\n");
  }

  @Test
  void timesAreForPeople() {
    List<String> times = new ArrayList<>();
    for (double seconds : new double[] {0, 59, 60, 125, 3600, 11_520, 3.6e12}) {
      times.add(StepCount.time(seconds));
    }
    assertThat(times)
        .containsExactly(
            "0 s",
            "59 s",
            "1 min 0 s",
            "2 min 5 s",
            "1 h 0 min",
            "3 h 12 min",
            "1000000000 h 0 min");
  }
}
