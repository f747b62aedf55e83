package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PackedLinearTest {
  private static final int IN = 48;
  private static final int OUT = 80;

  private static Tensor random(long seed, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = 1;
    for (long size : shape) {
      count *= (int) size;
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return Ops.floats(values, shape);
  }

  /** Largest error as a share of the largest output. */
  private static double error(PackedLinear.Form form, boolean biased) {
    return Scopes.call(
        () -> {
          Tensor weight = random(1, OUT, IN);
          Optional<Tensor> bias = biased ? Optional.of(random(2, OUT)) : Optional.empty();
          Tensor x = random(3, 5, 1, IN);
          Tensor wanted = torch.linear(x, weight);
          if (biased) {
            wanted = wanted.add(bias.get());
          }
          try (PackedLinear layer = PackedLinear.of(weight, bias, form)) {
            Tensor found = layer.apply(x);
            Ops.checkSameShape("found", found, "wanted", wanted);
            return found.sub(wanted).abs().max().item_double() / wanted.abs().max().item_double();
          }
        });
  }

  @Test
  void eachFormGivesTheProductAsFarAsItsBitsGo() {
    for (boolean biased : new boolean[] {false, true}) {
      assertThat(error(PackedLinear.Form.FLOAT32, biased)).isLessThan(1e-6);
      assertThat(error(PackedLinear.Form.BFLOAT16, biased)).isBetween(1e-5, 0.02);
      assertThat(error(PackedLinear.Form.INT8, biased)).isBetween(1e-5, 0.02);
    }
  }

  @ParameterizedTest
  @EnumSource(PackedLinear.Form.class)
  void aRowGivesTheSameBitsWhateverStandsBesideIt(PackedLinear.Form form) {
    Scopes.run(
        () -> {
          Tensor x = random(3, 40, IN);
          x.narrow(0, 20, 20).mul_(new org.bytedeco.pytorch.Scalar(100.0));
          try (PackedLinear layer = PackedLinear.of(random(1, OUT, IN), Optional.empty(), form)) {
            Tensor all = layer.apply(x);
            for (int rows = 1; rows <= 40; rows++) {
              Tensor some = layer.apply(x.narrow(0, 0, rows));
              assertThat(some.equal(all.narrow(0, 0, rows))).as(rows + " rows").isTrue();
            }
          }
        });
  }

  @Test
  void rowsOfZerosAreZerosInEightBits() {
    Scopes.run(
        () -> {
          Tensor weight = random(1, OUT, IN);
          weight.select(0, 3).zero_();
          Tensor x = random(2, 2, IN);
          x.select(0, 1).zero_();
          try (PackedLinear layer =
              PackedLinear.of(weight, Optional.empty(), PackedLinear.Form.INT8)) {
            Tensor y = layer.apply(x);
            assertThat(y.select(1, 3).abs().max().item_double()).isZero();
            assertThat(y.select(0, 1).abs().max().item_double()).isZero();
            assertThat(y.isfinite().all().item_bool()).isTrue();
          }
        });
  }

  @ParameterizedTest
  @EnumSource(PackedLinear.Form.class)
  void aPackedWeightOutlivesItsScopeAndLeavesNothingBehind(PackedLinear.Form form) {
    packAndUse(form);
    long before = Pointer.totalCount();
    for (int i = 0; i < 3; i++) {
      packAndUse(form);
    }
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  private static void packAndUse(PackedLinear.Form form) {
    PackedLinear layer =
        Scopes.call(() -> PackedLinear.of(random(1, OUT, IN), Optional.of(random(2, OUT)), form));
    for (int i = 0; i < 3; i++) {
      Scopes.run(() -> layer.apply(random(3, 4, IN)));
    }
    layer.close();
  }
}
