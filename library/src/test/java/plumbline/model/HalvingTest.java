package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.TinyModels;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class HalvingTest {
  private static final int ROWS = 12;

  @TempDir private Path folder;

  private TextModel model() {
    TextModel model = TinyModels.of(folder, EnumSet.of(Head.LANGUAGE), 1);
    model.transformer().weights().setTrainable(name -> true);
    return model;
  }

  /** One update in micro-batches of 6 rows, where more than {@code fit} are too many. */
  private static List<double[]> update(Transformer model, int fit) {
    List<List<Integer>> parts =
        TokenizedRow.microBatches(
            IntStream.range(0, ROWS)
                .mapToObj(i -> new TokenizedRow(new int[i + 1], new int[] {i}))
                .toList(),
            6);
    return MicroBatches.accumulate(
        List.of(model),
        parts,
        rows -> {
          int[][] ids =
              rows.stream()
                  .map(row -> IntStream.rangeClosed(0, row + 1).toArray())
                  .toArray(int[][]::new);
          Tensor hidden = model.hidden(TokenBatch.of(ids)).select(1, 0);
          if (rows.size() > fit) {
            throw new OutOfMemoryError("Physical memory usage is too high: 2000M > 1000M");
          }
          Tensor loss = Ops.times(hidden.mul(hidden).sum(), 1.0 / ROWS);
          loss.backward();
          return new double[] {loss.item_double(), rows.size()};
        });
  }

  private static Map<String, double[]> gradients(Transformer model) {
    Map<String, double[]> gradients = new TreeMap<>();
    model
        .weights()
        .trainable()
        .forEach(
            (name, weight) -> {
              if (weight.grad().defined()) {
                gradients.put(name, Ops.toDoubles(weight.grad()));
                Scopes.run(() -> weight.mutable_grad().zero_());
              }
            });
    return gradients;
  }

  @Test
  void whatDoesNotFitIsComputedInHalvesWithTheSameGradients() {
    try {
      for (int threads : new int[] {1, 2}) {
        Engine.configure("cpu", threads);
        try (TextModel model = model()) {
          Transformer decoder = model.transformer();
          double[] whole = update(decoder, ROWS).stream().mapToDouble(part -> part[0]).toArray();
          Map<String, double[]> wanted = gradients(decoder);
          List<Integer> told = new ArrayList<>();
          Halving halving = Halving.allowed(told::add);
          decoder.halve(halving);

          List<double[]> halves = update(decoder, 2);

          assertThat(told).containsExactly(1, 2);
          assertThat(halving.times()).isEqualTo(2);
          assertThat(halves.stream().mapToDouble(part -> part[1]).sum()).isEqualTo(ROWS);
          assertThat(halves.stream().mapToDouble(part -> part[0]).sum())
              .isCloseTo(whole[0] + whole[1], within(1e-6 * Math.abs(whole[0] + whole[1])));
          Map<String, double[]> found = gradients(decoder);
          assertThat(found.keySet()).isEqualTo(wanted.keySet());
          wanted.forEach(
              (name, values) -> {
                for (int i = 0; i < values.length; i++) {
                  assertThat(found.get(name)[i]).as(name).isCloseTo(values[i], within(1e-5));
                }
              });
          // From now on they are halved before they fail: nothing is computed in vain.
          assertThat(update(decoder, 2)).hasSize(halves.size());
          assertThat(told).hasSize(2);
        }
      }
    } finally {
      Engine.configure("cpu", 1);
    }
  }

  @Test
  void halvingKeepsNoMemory() {
    try (TextModel model = model()) {
      model.transformer().halve(Halving.allowed(times -> {}));
      update(model.transformer(), 2);
      long before = Pointer.totalCount();
      for (int i = 0; i < 3; i++) {
        update(model.transformer(), 2);
      }
      assertThat(Pointer.totalCount()).isEqualTo(before);
    }
  }

  @Test
  void withoutLeaveOrWithARowLeftTheFailureIsTold() {
    try (TextModel model = model()) {
      assertThatThrownBy(() -> update(model.transformer(), 2)).isInstanceOf(OutOfMemoryError.class);
      model.transformer().halve(Halving.allowed(times -> {}));
      assertThatThrownBy(() -> update(model.transformer(), 0)).isInstanceOf(OutOfMemoryError.class);
    }
  }
}
