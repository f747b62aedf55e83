package plumbline.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import plumbline.InputException;
import plumbline.config.Config;

class OptimizerConfigTest {
  @Test
  void valuesThatMakeWeightsNanAreRefused() {
    refused("beta1: 1", "beta1 is 1.0, wanted below 1");
    refused("beta2: 1", "beta2 is 1.0, wanted below 1");
    refused("epsilon: 0", "epsilon is 0.0, wanted above 0: a gradient of 0 is divided by it");
    refused("max_grad_norm: 0", "max_grad_norm is 0.0, wanted above 0");
    assertThat(Config.defaults(OptimizerConfig.class).lr()).isPositive();
  }

  private static void refused(String yaml, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> Config.parse(yaml, "x.yaml").bind(OptimizerConfig.class))
        .withMessage("x.yaml:1: " + message);
  }
}
