package plumbline.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Value;
import org.bytedeco.pytorch.global.torch;
import plumbline.tensor.Program;

/** The non-linearity of an MLP. */
public enum Activation {
  SILU("silu", "swish") {
    @Override
    Tensor apply(Tensor x) {
      return torch.silu(x);
    }

    @Override
    Value apply(Program.Writer program, Value x) {
      return program.call("aten::silu", x);
    }
  },
  RELU("relu") {
    @Override
    Tensor apply(Tensor x) {
      return torch.relu(x);
    }

    @Override
    Value apply(Program.Writer program, Value x) {
      return program.call("aten::relu", x);
    }
  },
  /** x times the normal distribution function of x. */
  GELU("gelu") {
    @Override
    Tensor apply(Tensor x) {
      return torch.gelu(x);
    }

    @Override
    Value apply(Program.Writer program, Value x) {
      return program.call("aten::gelu", x, "none");
    }
  },
  /** GELU's approximation by tanh. */
  GELU_TANH("gelu_new", "gelu_pytorch_tanh", "gelu_fast") {
    @Override
    Tensor apply(Tensor x) {
      return torch.gelu(x, "tanh");
    }

    @Override
    Value apply(Program.Writer program, Value x) {
      return program.call("aten::gelu", x, "tanh");
    }
  };

  @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable
  private final List<String> names;

  Activation(String... names) {
    this.names = List.of(names);
  }

  abstract Tensor apply(Tensor x);

  /** The same within a program. */
  abstract Value apply(Program.Writer program, Value x);

  /** The name in {@code config.json}. */
  String key() {
    return names.get(0);
  }

  static Optional<Activation> of(String name) {
    return Arrays.stream(values()).filter(a -> a.names.contains(name)).findFirst();
  }

  static List<String> known() {
    return Arrays.stream(values()).flatMap(a -> a.names.stream()).toList();
  }
}
