package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that is told to end while its threads are inside libtorch. */
class StandstillTest {
  /** The more, the surer that a moment in a destructor is met. */
  private static final int ENDS = Integer.getInteger("plumbline.ends", 2);

  private static final int TOLD_TO_END = 128 + 15;

  @TempDir private Path folder;

  private enum Work {
    /** Many scopes a second, in three threads. */
    SCOPES,
    /** A scope around everything that three threads do, and none inside. */
    ONE_SCOPE,
    /** No scope at all. */
    BARE
  }

  @ParameterizedTest
  @EnumSource
  void aComputingProcessThatIsToldToEndEndsWithoutACrash(Work work) throws Exception {
    SplittableRandom random = new SplittableRandom(work.name().length());
    for (int i = 0; i < ENDS; i++) {
      File words = folder.resolve(work + "-" + i).toFile();
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Busy.class.getName(),
                  work.name())
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(words)
              .start();
      while (process.isAlive() && words.length() == 0) {
        Thread.sleep(5);
      }
      process.waitFor(random.nextInt(100), TimeUnit.MILLISECONDS);
      process.destroy();
      assertThat(process.waitFor()).as("exit code with %s", work).isEqualTo(TOLD_TO_END);
      assertThat(folder.toFile().list()).noneMatch(name -> name.startsWith("hs_err"));
    }
  }

  /** Computes until it is told to end. */
  static final class Busy {
    private Busy() {}

    public static void main(String[] args) {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    if (!Standstill.await(Duration.ofMillis(300))) {
                      Standstill.halt(TOLD_TO_END);
                    }
                  }));
      Engine.configure("cpu", 1);
      Runnable step =
          () -> {
            try (Tensor a = Ops.floats(new float[10_000], 100, 100);
                Tensor b = a.matmul(a);
                Tensor sum = b.sum()) {
              sum.item_double();
            }
          };
      step.run();
      System.out.println("ready");
      Runnable loop =
          () -> {
            while (true) {
              switch (Work.valueOf(args[0])) {
                case SCOPES -> Scopes.run(step);
                case ONE_SCOPE, BARE -> step.run();
              }
            }
          };
      boolean around = Work.valueOf(args[0]) == Work.ONE_SCOPE;
      Runnable work = around ? () -> Scopes.run(loop) : loop;
      List.of(1, 2).forEach(i -> new Thread(work).start());
      work.run();
    }
  }
}
