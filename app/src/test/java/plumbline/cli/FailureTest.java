package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.junit.jupiter.api.Test;
import plumbline.InputException;

class FailureTest {
  @Test
  void wrongInputIsOneLineAndCode2() {
    Captured captured = failWith(new InputException("x.yaml:3: unknown key 'a'"));

    assertThat(captured).isEqualTo(new Captured(2, "", line("x.yaml:3: unknown key 'a'")));
  }

  @Test
  void wrongInputIsFoundBelowOtherExceptions() {
    Captured captured =
        failWith(new IllegalStateException("stage sft", new InputException("x.jsonl:1: empty")));

    assertThat(captured).isEqualTo(new Captured(2, "", line("x.jsonl:1: empty")));
  }

  @Test
  void filesThatCannotBeUsedAreWrongInput() {
    assertThat(failWith(new NoSuchFileException("a/b")))
        .isEqualTo(new Captured(2, "", line("a/b: no such file or folder")));
    assertThat(failWith(new UncheckedIOException(new AccessDeniedException("/root/x"))))
        .isEqualTo(
            new Captured(
                2,
                "",
                line("/root/x: no permission; choose another place or change its permissions")));
  }

  @Test
  void otherFailuresAreCode1() {
    assertThat(failWith(new FileSystemException("a", null, "No space left on device")).code())
        .isEqualTo(1);
    assertThat(failWith(new NullPointerException("boom")))
        .isEqualTo(
            new Captured(
                1,
                "",
                line(
                    "failed: java.lang.NullPointerException: boom;"
                        + " run again with --debug to see where")));
  }

  @Test
  void manyLinesBecomeOne() {
    assertThat(failWith(new InputException("first\n  second\n")).err())
        .isEqualTo(line("first second"));
  }

  @Test
  void lackOfMemorySaysWhatToRaise() {
    Captured captured = failWith(new OutOfMemoryError("Java heap space"));

    assertThat(captured.code()).isEqualTo(1);
    assertThat(captured.err()).hasLineCount(1).contains("PLUMBLINE_HEAP", "PLUMBLINE_MEMORY");
  }

  @Test
  void debugShowsTheStack() {
    assertThat(failWith(new IllegalStateException("boom"), "--debug").err())
        .contains("at plumbline.cli.FailureTest");
  }

  @Test
  void jsonHoldsTheError() {
    Captured captured = failWith(new InputException("bad \"x\""), "--json");

    assertThat(captured.out())
        .isEqualToIgnoringWhitespace(
            "{\"status\": \"failed\", \"error\": \"bad \\\"x\\\"\", \"exit_code\": 2}");
  }

  private static Captured failWith(Throwable e, String... args) {
    return Captured.of((out, err) -> new Failure(out, err, List.of(args)).report(e));
  }

  private static String line(String message) {
    return "plumbline: " + message + System.lineSeparator();
  }
}
