package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.InputException;
import plumbline.NativeMemory;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class SamplingCopyTest {
  private static final int[][] ROWS = {{5, 9, 11, 4, 7}, {8, 6, 6, 12, 30}};

  @AfterEach
  void oneThread() {
    Engine.configure("cpu", 1);
  }

  /** A model whose logits differ clearly from one another. */
  private static Transformer model(Family family) {
    Transformer model =
        Transformer.random(TinyFamilies.config(family), EnumSet.of(Head.LANGUAGE), 7);
    Scopes.noGrad(
        () ->
            Scopes.run(
                () ->
                    model
                        .weights()
                        .all()
                        .forEach(
                            (name, weight) -> {
                              if (weight.dim() == 2) {
                                weight.mul_(new Scalar(8.0));
                              }
                            })));
    return model;
  }

  private static float[] logits(Transformer model) {
    return Scopes.noGrad(
        () -> Scopes.call(() -> Ops.toFloats(model.logits(model.hidden(TokenBatch.of(ROWS))))));
  }

  private static double apart(Transformer one, Transformer other) {
    float[] x = logits(one);
    float[] y = logits(other);
    double apart = 0;
    for (int i = 0; i < x.length; i++) {
      apart = Math.max(apart, Math.abs(x[i] - y[i]));
    }
    return apart;
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aCopyComputesWhatItsModelDoes(Family family) {
    if (!family.causal()) {
      return;
    }
    try (Transformer model = model(family);
        Transformer copy = model.forSampling(Optional.empty());
        Transformer half = model.forSampling(Optional.of(WeightFormat.BFLOAT16));
        Transformer quarter = model.forSampling(Optional.of(WeightFormat.INT8))) {
      assertThat(apart(copy, model)).isLessThan(1e-5);
      assertThat(apart(half, model)).isBetween(1e-6, 0.5);
      assertThat(apart(quarter, model)).isBetween(1e-6, 0.5);
    }
  }

  private static void withAdapter(boolean dora, Consumer<Transformer> use) {
    Lora lora = dora ? AdapterTest.FORM.withDora() : AdapterTest.FORM;
    try (Transformer base = model(Family.LLAMA);
        Transformer model = base.withAdapter(lora, EnumSet.of(Head.LANGUAGE), 3)) {
      Scopes.noGrad(
          () ->
              model
                  .weights()
                  .own()
                  .forEach(
                      (name, weight) -> {
                        if (name.endsWith(Adapter.B)) {
                          weight.normal_(0, 0.3, new org.bytedeco.pytorch.GeneratorOptional());
                        }
                      }));
      use.accept(model);
    }
  }

  @Test
  void anAdapterIsMergedIntoTheCopyAlone() {
    for (boolean dora : new boolean[] {false, true}) {
      withAdapter(
          dora,
          model -> {
            float[] before = logits(model);
            try (Transformer copy = model.forSampling(Optional.empty())) {
              assertThat(apart(copy, model)).isLessThan(1e-4);
            }
            assertThat(logits(model)).isEqualTo(before);
          });
    }
  }

  @Test
  void fourBitsAreNotSampledFrom() {
    try (Transformer model = model(Family.LLAMA)) {
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> model.forSampling(Optional.of(WeightFormat.INT4)))
          .withMessage("weights to sample with are 'int4', wanted float32, bfloat16 or int8");
    }
  }

  @Test
  void layersKeptInFewBitsStaySoUnlessAFormatIsAskedFor() {
    try (Transformer model = model(Family.LLAMA).into(WeightFormat.INT8);
        Transformer copy = model.forSampling(Optional.empty());
        Transformer packed = model.forSampling(Optional.of(WeightFormat.FLOAT32))) {
      assertThat(copy.isPacked()).isFalse();
      assertThat(packed.isPacked()).isTrue();
      assertThat(apart(copy, model)).isLessThan(1e-5);
      assertThat(apart(packed, model)).isLessThan(1e-5);
    }
  }

  // ---- responses

  private static List<int[]> prompts() {
    SplittableRandom random = new SplittableRandom(3);
    List<int[]> prompts = new ArrayList<>();
    for (int i = 0; i < 11; i++) {
      int[] prompt = random.ints(random.nextInt(1, 9), 4, 37).toArray();
      prompts.add(prompt);
      if (i % 3 == 0) {
        prompts.add(prompt); // a group of one prompt
      }
    }
    return prompts;
  }

  private static List<Generator.Generated> responses(Transformer model, int rowsPerBatch) {
    List<int[]> prompts = prompts();
    long[] seeds = new SplittableRandom(9).longs(prompts.size()).toArray();
    Sampling sampling = new Sampling(1, 0, 0.95, 1.1, 14);
    return new Generator(model, sampling, 2, rowsPerBatch).generate(prompts, seeds);
  }

  private static void assertSame(
      List<Generator.Generated> found, List<Generator.Generated> wanted) {
    for (int row = 0; row < wanted.size(); row++) {
      assertThat(found.get(row).ids()).as("row " + row).isEqualTo(wanted.get(row).ids());
      assertThat(found.get(row).logprobs()).isEqualTo(wanted.get(row).logprobs());
      assertThat(found.get(row).ended()).isEqualTo(wanted.get(row).ended());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = WeightFormat.class,
      names = {"FLOAT32", "BFLOAT16", "INT8"})
  void responsesAreTheSameBitsWhateverTheThreadsAndTheRowsBeside(WeightFormat format) {
    try (Transformer model = model(Family.LLAMA);
        Transformer copy = model.forSampling(Optional.of(format))) {
      List<Generator.Generated> wanted = responses(copy, 64);
      assertSame(responses(copy, 1), wanted);
      assertSame(responses(copy, 4), wanted);
      for (int threads = 2; threads <= 3; threads++) {
        Engine.configure("cpu", threads);
        assertSame(responses(copy, 64), wanted);
        assertSame(responses(copy, 4), wanted);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aCopySamplesWhatItsModelDoes(Family family) {
    if (!family.causal()) {
      return;
    }
    try (Transformer model = model(family);
        Transformer copy = model.forSampling(Optional.empty())) {
      List<Generator.Generated> wanted = responses(model, 64);
      List<Generator.Generated> found = responses(copy, 64);
      for (int row = 0; row < wanted.size(); row++) {
        assertThat(found.get(row).ids()).isEqualTo(wanted.get(row).ids());
        for (int t = 0; t < found.get(row).logprobs().length; t++) {
          assertThat(found.get(row).logprobs()[t])
              .isCloseTo(wanted.get(row).logprobs()[t], within(1e-5f));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void aModelThatIsTakenSamplesWhatItsCopyDoes(Family family) {
    if (!family.causal()) {
      return;
    }
    try (Transformer model = model(family);
        Transformer copy = model.forSampling(Optional.empty());
        Transformer taken = model(family).intoSampling(Optional.empty())) {
      assertThat(taken.weights().bytes()).isLessThan(copy.weights().bytes());
      assertSame(responses(taken, 64), responses(copy, 64));
      assertThat(logits(taken)).isEqualTo(logits(copy));
    }
  }

  @Test
  void theFileOfAModelThatIsTakenStaysAsItIs(@TempDir Path folder) {
    try (Transformer model = model(Family.LLAMA)) {
      ModelFolder.save(model, folder);
      for (int i = 0; i < 2; i++) {
        Transformer whole = ModelFolder.load(folder, Head.LANGUAGE, Optional.empty());
        try (Transformer taken = whole.intoSampling(Optional.empty())) {
          assertThat(apart(taken, model)).isLessThan(1e-5);
        }
      }
    }
  }

  @Test
  void weightsThatOthersUseStayWhenTheModelIsTaken() {
    withAdapter(
        false,
        model -> {
          float[] before = logits(model);
          Transformer over = model.withOutputs(model.config().labels(), model.config().labels(), 1);
          try (Transformer taken = over.intoSampling(Optional.empty())) {
            assertThat(apart(taken, model)).isLessThan(1e-4);
          }
          assertThat(logits(model)).isEqualTo(before);
        });
  }

  @Test
  void copiesLeaveNothingBehind() {
    try (Transformer model = model(Family.LLAMA)) {
      sampleOnce(model);
      NativeMemory.assertNoneLeftBy(() -> sampleOnce(model));
    }
  }

  private static void sampleOnce(Transformer model) {
    try (Transformer copy = model.forSampling(Optional.of(WeightFormat.INT8));
        Transformer taken = model.copy().intoSampling(Optional.empty())) {
      responses(copy, 5);
      responses(taken, 5);
    }
  }
}
