package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {
  @TempDir Path folder;

  @Test
  void aRunIsShownOnceWhereThereIsNoTerminal() throws Exception {
    Files.writeString(
        folder.resolve("run.json"), "{\"name\": \"mine\", \"status\": \"ok\", \"steps\": 2}");
    Files.writeString(
        folder.resolve("metrics.jsonl"), "{\"step\":1,\"lr\":1}\n{\"step\":2,\"lr\":3}\n");
    Captured shown = Captured.plumbline("watch", folder.toString(), "--terminal");
    assertThat(shown.code()).as(shown.err()).isZero();
    assertThat(shown.out().lines()).startsWith("mine: 2 of 2, ok", "lr  ▁█ 1 → 3");

    Captured json = Captured.plumbline("watch", folder.toString(), "--terminal", "--json");
    assertThat(json.json().at("/runs/0/state").asText()).isEqualTo("ok");
    assertThat(json.json().at("/runs/0/step").asInt()).isEqualTo(2);
  }

  @Test
  void aFolderWithoutARunIsNamed() {
    Captured failed = Captured.plumbline("watch", folder.toString());
    assertThat(failed.code()).isEqualTo(ExitCode.BAD_INPUT);
    assertThat(failed.err()).contains(folder + ": no run directory; wanted the folder");
  }
}
