package plumbline.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import plumbline.GoldenFiles;
import plumbline.GoldenFiles.Case;
import plumbline.GradientCheck;

class AdamWGoldenTest {
  @TestFactory
  Stream<DynamicTest> trajectoriesEqualTheReference() {
    return GoldenFiles.tests(
        "optimizers",
        c -> c.param("optimizer").asText().equals("AdamW") && !c.param("amsgrad").asBoolean(),
        AdamWGoldenTest::check);
  }

  private static void check(Case c) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (JsonNode initial : c.input("initial")) {
      parameters.put("p" + parameters.size(), GradientCheck.leaf(GoldenFiles.floats(initial)));
    }
    JsonNode betas = c.param("betas");
    try (AdamW optimizer =
        new AdamW(
            parameters,
            betas.path(0).asDouble(0.9),
            betas.path(1).asDouble(0.999),
            c.param("eps").asDouble(1e-8),
            c.param("weight_decay").asDouble(0.01))) {
      for (JsonNode step : c.json().path("trajectory")) {
        setGradients(parameters, step.path("grads"));
        clip(c, parameters, step);
        optimizer.step(c.param("lr").asDouble());
        for (int i = 0; i < parameters.size(); i++) {
          JsonNode wanted = step.path("params_after").path(i);
          GoldenFiles.assertClose(
              "step " + optimizer.steps(), parameters.get("p" + i), wanted, 1e-6);
        }
      }
    }
  }

  private static void clip(Case c, Map<String, Tensor> parameters, JsonNode step) {
    double maxNorm = c.param("clip_grad_norm").asDouble(Double.POSITIVE_INFINITY);
    double norm = GradientNorm.clip(parameters, maxNorm);
    JsonNode wanted = step.path("total_grad_norm_before_clip");
    if (wanted.isObject()) {
      GoldenFiles.assertClose("norm", norm, GoldenFiles.values(wanted)[0], 1e-6);
    }
  }

  private static void setGradients(Map<String, Tensor> parameters, JsonNode gradients) {
    for (int i = 0; i < parameters.size(); i++) {
      parameters.get("p" + i).mutable_grad().put(GoldenFiles.floats(gradients.path(i)));
    }
  }
}
