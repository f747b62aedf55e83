package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import plumbline.NativeMemory;

class WorkersTest {
  private static final List<Integer> PARTS = IntStream.range(0, 20).boxed().toList();

  @AfterEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  @Test
  void resultsComeInTheOrderOfTheParts() {
    for (int threads : new int[] {1, 2, 5}) {
      Engine.configure("cpu", threads);
      assertThat(Workers.map(PARTS, part -> part * part))
          .isEqualTo(PARTS.stream().map(part -> part * part).toList());
    }
    assertThat(Workers.map(List.<Integer>of(), part -> part)).isEmpty();
  }

  @Test
  void workWithoutResultIsDoneOnceForEachPart() {
    for (int threads : new int[] {1, 3}) {
      Engine.configure("cpu", threads);
      Set<Integer> seen = ConcurrentHashMap.newKeySet();
      Workers.each(PARTS, part -> assertThat(seen.add(part)).isTrue());
      assertThat(seen).containsExactlyInAnyOrderElementsOf(PARTS);
    }
  }

  @Test
  void partsAreComputedAtTheSameTime() {
    Engine.configure("cpu", 3);
    CountDownLatch together = new CountDownLatch(3);
    List<Boolean> met =
        Workers.map(
            List.of(1, 2, 3),
            part -> {
              together.countDown();
              try {
                return together.await(1, TimeUnit.MINUTES);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(met).containsOnly(true);
  }

  @Test
  void recordingOfOperationsIsThatOfTheCaller() {
    Engine.configure("cpu", 3);
    assertThat(Workers.map(PARTS, part -> GradMode.is_enabled())).containsOnly(true);
    assertThat(Scopes.noGrad(() -> Workers.map(PARTS, part -> GradMode.is_enabled())))
        .containsOnly(false);
    assertThat(GradMode.is_enabled()).isTrue();
  }

  @Test
  void theFirstFailureSurfacesOnceAndTheNextCallWorks() {
    Engine.configure("cpu", 2);
    AtomicInteger started = new AtomicInteger();
    assertThatThrownBy(
            () ->
                Workers.map(
                    PARTS,
                    part -> {
                      started.incrementAndGet();
                      throw new IllegalArgumentException("part " + part);
                    }))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("part 0")
        .hasNoSuppressedExceptions();
    assertThat(started.get()).isLessThan(PARTS.size());
    assertThat(Workers.map(PARTS, part -> part)).isEqualTo(PARTS);
  }

  @Test
  void partsOfAPartAreComputedByItsThread() {
    Engine.configure("cpu", 2);
    Workers.map(
        PARTS,
        part -> {
          Set<Thread> threads = ConcurrentHashMap.newKeySet();
          Workers.map(PARTS, inner -> threads.add(Thread.currentThread()));
          assertThat(threads).containsExactly(Thread.currentThread());
          return part;
        });
  }

  @Test
  void tensorsAreTheSameBytesForEveryNumberOfThreadsAndLeaveNothingBehind() {
    float[][] wanted = null;
    for (int threads : new int[] {1, 2, 4}) {
      Engine.configure("cpu", threads);
      List<float[]> found = products();
      NativeMemory.assertNoneLeftBy(WorkersTest::products);
      float[][] each = found.toArray(float[][]::new);
      wanted = wanted == null ? each : wanted;
      assertThat(each).isDeepEqualTo(wanted);
    }
  }

  private static List<float[]> products() {
    return Workers.map(
        PARTS,
        part ->
            Scopes.call(
                () -> {
                  Tensor x = Ops.bernoulli(Ops.zeros(65, 130), 0.4, part);
                  Tensor y = Ops.bernoulli(Ops.zeros(130, 70), 0.6, part + 1L);
                  return Ops.toFloats(x.mul(x.exp()).matmul(y).softmax(1));
                }));
  }
}
