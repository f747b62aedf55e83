package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DoctorTest {
  @Test
  void thisMachineIsLookedAtAndWillDo() {
    Captured captured = Captured.plumbline("doctor", "--json");

    assertThat(captured.code()).as(captured.err()).isZero();
    JsonNode document = captured.json();
    assertThat(document.get("status").asText()).isEqualTo("ok");
    assertThat(document.get("checks").findValuesAsText("name"))
        .contains("java", "memory", "threads", "libtorch", "gpu", "tokenizers", "disk");
  }

  @Test
  void aStartWithoutTheLauncherIsNoted() {
    Diagnosis without = MachineChecks.allocator(Map.of());
    Diagnosis with = MachineChecks.allocator(Map.of("MALLOC_MMAP_THRESHOLD_", "8388608"));

    boolean linux = System.getProperty("os.name").startsWith("Linux");
    assertThat(without.ok()).isTrue();
    assertThat(without.remedy().isEmpty()).isEqualTo(!linux);
    assertThat(with.remedy()).isEmpty();
  }

  @Test
  void kernelsForAnotherProcessorAreNoted() {
    assertThat(MachineChecks.kernels(Map.of()).toString())
        .contains("of this processor")
        .doesNotContain("unset");
    assertThat(MachineChecks.kernels(Map.of("OPENBLAS_CORETYPE", "Haswell")).toString())
        .contains("OPENBLAS_CORETYPE=Haswell")
        .contains("unset OPENBLAS_CORETYPE");
  }

  @Test
  void busyProcessorsAndVariablesWithoutEffectAreNoted() {
    assertThat(MachineChecks.threads(4, 1.5, Map.of()).remedy()).isEmpty();
    assertThat(MachineChecks.threads(4, -1, Map.of()).found()).isEqualTo("4 processors");
    assertThat(MachineChecks.threads(4, 6, Map.of("OMP_NUM_THREADS", "8")).remedy())
        .contains("[OMP_NUM_THREADS] has no effect: --threads decides", "leave --threads at 1");
  }

  @Test
  void aGpuThatThisBuildCannotUseIsNoted() {
    assertThat(MachineChecks.gpu(false, false).remedy()).isEmpty();
    assertThat(MachineChecks.gpu(true, true).remedy()).isEmpty();
    assertThat(MachineChecks.gpu(false, true).remedy()).contains("-Pcuda");
  }

  @Test
  void whatIsMissingOnTheClassPathIsNamed() {
    String path = System.getProperty("java.home") + File.pathSeparator + "no/such.jar";

    assertThat(MachineChecks.classPath(path).remedy()).contains("no/such.jar");
    assertThat(MachineChecks.classPath(System.getProperty("java.home")).remedy()).isEmpty();
  }
}
