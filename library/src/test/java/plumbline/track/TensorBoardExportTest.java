package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.util.Event;
import plumbline.InputException;
import plumbline.TensorBoardEvents;

class TensorBoardExportTest {
  @TempDir Path folder;

  @Test
  void everyStageGoesIntoAFolderOfItsName() throws IOException {
    Path run = folder.resolve("run");
    MlflowTest.run(run, "ok", 0);
    MlflowTest.run(run.resolve("sft"), "ok", 2);
    MlflowTest.run(run.resolve("online/rounds/1"), "ok", 1);
    Path out = folder.resolve("events");

    List<Path> files = TensorBoardExport.write(run, out);

    assertThat(files).hasSize(2);
    assertThat(TensorBoardEvents.values(out.resolve("sft")))
        .containsExactly(
            "1 loss/train 1.0", "1 odd(name) 1.0", "2 loss/train 0.5", "2 odd(name) 1.0");
    assertThat(TensorBoardEvents.values(out.resolve("online/rounds/1"))).hasSize(2);
  }

  @Test
  void stepsWhoseTimesNobodyKnowsAreSpreadOverTheRun() throws IOException {
    Path run = MlflowTest.run(folder.resolve("run"), "ok", 4);
    TensorBoardExport.write(run, folder.resolve("events"));
    assertThat(TensorBoardEvents.read(TensorBoardEvents.file(folder.resolve("events"))))
        .filteredOn(Event::hasSummary)
        .extracting(Event::getWallTime)
        .containsExactly(1767323195.0, 1767323345.0, 1767323495.0, 1767323645.0);
  }

  @Test
  void eventsThatAreThereAreNotMixedWithOthers() throws IOException {
    Path run = MlflowTest.run(folder.resolve("run"), "ok", 1);
    TensorBoardExport.write(run, folder.resolve("events"));
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TensorBoardExport.write(run, folder.resolve("events")))
        .withMessageContaining("holds events already");
  }

  @Test
  void aFolderWithoutARunIsNamed() throws IOException {
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TensorBoardExport.write(empty, folder.resolve("out")))
        .withMessageStartingWith(empty + ": no run directory");
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> TensorBoardExport.write(folder.resolve("none"), folder.resolve("out")))
        .withMessageContaining("no such folder");
  }
}
