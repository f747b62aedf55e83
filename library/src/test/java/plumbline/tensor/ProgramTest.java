package plumbline.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Value;
import org.junit.jupiter.api.Test;

class ProgramTest {
  /** Writes the sum of x and y into the first rows of a table, and gives twice those rows. */
  private static Program sums() {
    return Program.of(
        program -> {
          Value table = program.input();
          Value x = program.input();
          Value y = program.input();
          Value rows = program.number();
          Value part = program.call("aten::slice", table, 0L, 0L, rows, 1L);
          program.call("aten::copy_", part, program.call("aten::add", x, y, 1L), false);
          return program.call("aten::cat", List.of(part, part), 1L);
        });
  }

  private static float[] run(Program program, Program.Fixed fixed, Tensor x, Tensor y, long rows) {
    return Ops.toFloats(
        program.run(fixed, List.of(new IValue(x), new IValue(y), new IValue(rows))));
  }

  @Test
  void aProgramChangesItsInputsAndServesAnyShape() {
    Scopes.noGrad(
        () ->
            Scopes.run(
                () -> {
                  Tensor table = Ops.zeros(3, 2);
                  Tensor one = Ops.floats(new float[] {1, 2}, 1, 2);
                  Tensor two = Ops.floats(new float[] {1, 2, 3, 4}, 2, 2);
                  try (Program program = sums();
                      Program.Fixed fixed = new Program.Fixed(List.of(new IValue(table)))) {
                    assertThat(run(program, fixed, two, two, 2))
                        .containsExactly(2, 4, 2, 4, 6, 8, 6, 8);
                    assertThat(Ops.toFloats(table)).containsExactly(2, 4, 6, 8, 0, 0);
                    assertThat(run(program, fixed, one, one, 1)).containsExactly(2, 4, 2, 4);
                  }
                }));
  }

  @Test
  void runsLeaveNothingBehind() {
    Scopes.run(
        () -> {
          Tensor x = Ops.zeros(1, 2);
          try (Program program = sums();
              Program.Fixed fixed = new Program.Fixed(List.of(new IValue(Ops.zeros(1, 2))))) {
            Scopes.run(() -> run(program, fixed, x, x, 1));
            long before = Pointer.totalCount();
            for (int i = 0; i < 5; i++) {
              Scopes.run(() -> run(program, fixed, x, x, 1));
            }
            assertThat(Pointer.totalCount()).isEqualTo(before);
          }
        });
  }

  @Test
  void whatIsNoConstantIsRefused() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> Program.of(program -> program.call("aten::abs", new Object[] {'x'})))
        .withMessage("a program has no constant x");
  }
}
