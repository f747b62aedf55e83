package plumbline.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class WorldTest {
  @Test
  void aWorldOfOneDoesNothing() {
    World world = World.current();

    assertThat(world).isSameAs(World.alone());
    assertThat(world.size()).isOne();
    assertThat(world.gather(new byte[] {3})).containsExactly(new byte[] {3});
    List<Integer> doubled =
        world.share(List.of(1, 2), part -> part, Integer.class, parts -> twice(parts));
    assertThat(doubled).containsExactly(2, 4);
  }

  private static List<Integer> twice(List<Integer> parts) {
    return parts.stream().map(part -> 2 * part).toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void sumsAndBroadcastsAreTheSameOnAllRanks(int size) {
    // More than one bucket, and a tensor of no dimension.
    long[][] shapes = {{3_000_000}, {17, 3}, {}, {2_000, 3_000}, {5}};
    List<double[]> sums =
        Ranks.run(
            size,
            world ->
                Scopes.call(
                    () -> {
                      List<Tensor> own = tensors(shapes, world.rank());
                      world.sum(own);
                      return ends(own);
                    }));

    double[] wanted =
        Scopes.call(
            () -> {
              double[] total = new double[2 * shapes.length];
              for (int rank = 0; rank < size; rank++) {
                double[] part = ends(tensors(shapes, rank));
                Arrays.setAll(total, i -> total[i] + part[i]);
              }
              return total;
            });
    for (double[] sum : sums) {
      assertThat(sum).containsExactly(sums.get(0));
      for (int i = 0; i < wanted.length; i++) {
        assertThat(sum[i]).isCloseTo(wanted[i], org.assertj.core.data.Offset.offset(1e-5));
      }
    }
  }

  private static List<Tensor> tensors(long[][] shapes, int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Tensor> tensors = new ArrayList<>();
    for (long[] shape : shapes) {
      int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) random.nextDouble();
      }
      tensors.add(Ops.floats(values, shape));
    }
    return tensors;
  }

  private static double[] ends(List<Tensor> tensors) {
    double[] ends = new double[2 * tensors.size()];
    for (int i = 0; i < tensors.size(); i++) {
      double[] all = Ops.toDoubles(tensors.get(i));
      ends[2 * i] = all[0];
      ends[2 * i + 1] = all[all.length - 1];
    }
    return ends;
  }

  @Test
  void aBroadcastGivesAllWhatOneHas() {
    List<double[]> seen =
        Ranks.run(
            3,
            world ->
                Scopes.call(
                    () -> {
                      Tensor own = Ops.floats(new float[] {world.rank(), 7}, 2);
                      world.broadcast(List.of(own), 2);
                      return Ops.toDoubles(own);
                    }));

    assertThat(seen).allSatisfy(values -> assertThat(values).containsExactly(2, 7));
  }

  @Test
  void joiningPutsTheRanksTensorsInTheirOrder() {
    List<double[]> seen =
        Ranks.run(
            3,
            world ->
                Scopes.call(
                    () ->
                        Ops.toDoubles(
                            world.join(Ops.floats(new float[] {world.rank(), -world.rank()}, 2)))));

    assertThat(seen).allSatisfy(all -> assertThat(all).containsExactly(0, 0, 1, -1, 2, -2));
  }

  @Test
  void everyRankSeesWhatEachSends() {
    List<List<String>> seen =
        Ranks.run(
            3,
            world ->
                world.gather("x".repeat(world.rank() * 5).getBytes(StandardCharsets.UTF_8)).stream()
                    .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
                    .toList());

    assertThat(seen).containsOnly(List.of("", "xxxxx", "xxxxxxxxxx"));
  }

  record Found(String name, double[] values, List<Long> counts) {}

  @Test
  void sharedWorkIsDoneOnceAndKnownToAll() {
    AtomicInteger done = new AtomicInteger();
    List<Integer> parts = IntStream.range(0, 11).boxed().toList();

    List<List<Found>> all =
        Ranks.run(
            3,
            world ->
                world.share(
                    parts,
                    part -> part,
                    Found.class,
                    own -> {
                      done.addAndGet(own.size());
                      assertThat(World.current()).isSameAs(World.alone());
                      return own.stream().map(WorldTest::found).toList();
                    }));

    assertThat(done).hasValue(parts.size());
    for (List<Found> ofRank : all) {
      assertThat(ofRank)
          .usingRecursiveComparison()
          .isEqualTo(parts.stream().map(WorldTest::found).toList());
    }
  }

  private static Found found(int part) {
    return new Found("part " + part, new double[] {part, -0.1}, List.of((long) part));
  }

  @Test
  void aRankWhoseWorkFailsStopsAllWithItsReason() {
    assertThatThrownBy(
            () ->
                Ranks.run(
                    3,
                    world ->
                        world.share(
                            List.of(1, 2, 3),
                            part -> 1,
                            Integer.class,
                            own -> {
                              if (world.rank() == 2) {
                                throw new IllegalStateException("no room");
                              }
                              return own;
                            })))
        .isInstanceOf(RankLost.class)
        .hasMessage("rank 2 of 3 failed: java.lang.IllegalStateException: no room");
  }

  @Test
  void numbersThatAreNotFiniteOnOneRankAreSoForAll() {
    List<String> said =
        Ranks.run(
            2,
            world -> {
              try {
                world.share(
                    List.of(1, 2),
                    part -> 1,
                    Integer.class,
                    own -> {
                      if (world.rank() == 1) {
                        throw new ArithmeticException("a loss is NaN");
                      }
                      return own;
                    });
                return "nothing";
              } catch (ArithmeticException e) {
                return e.getMessage();
              }
            });

    assertThat(said).containsExactly("rank 1 of 2 found: a loss is NaN", "a loss is NaN");
  }

  @Test
  void rankZeroAloneDoesWhatOnlyOneMayDo() {
    AtomicInteger done = new AtomicInteger();

    List<Integer> seen =
        Ranks.run(
            3,
            world -> {
              world.first(done::incrementAndGet);
              return done.get();
            });

    assertThat(seen).containsExactly(1, 1, 1);
  }
}
