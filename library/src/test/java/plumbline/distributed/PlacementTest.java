package plumbline.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import plumbline.InputException;

class PlacementTest {
  private static Map<String, String> variables(String... changes) {
    Map<String, String> variables =
        new LinkedHashMap<>(
            Map.of(
                "RANK", "3",
                "WORLD_SIZE", "4",
                "LOCAL_RANK", "1",
                "MASTER_ADDR", "10.0.0.1",
                "MASTER_PORT", "29500"));
    for (int i = 0; i < changes.length; i += 2) {
      variables.put(changes[i], changes[i + 1]);
    }
    variables.values().removeIf(String::isEmpty);
    return variables;
  }

  @Test
  void theVariablesOfTorchrunPlaceAProcess() {
    assertThat(Placement.of(variables()))
        .contains(new Placement(3, 4, 1, "10.0.0.1", 29500, 0, false));
  }

  @Test
  void whereTorchrunsAgentKeepsTheMeetingPointRankZeroDoesNot() {
    assertThat(
            Placement.of(
                variables(
                    "TORCHELASTIC_USE_AGENT_STORE", "True", "TORCHELASTIC_RESTART_COUNT", "2")))
        .contains(new Placement(3, 4, 1, "10.0.0.1", 29500, 2, true));
    assertThat(Placement.of(variables("TORCHELASTIC_USE_AGENT_STORE", "False")))
        .contains(new Placement(3, 4, 1, "10.0.0.1", 29500, 0, false));
    assertThat(Placement.of(variables("PLUMBLINE_ATTEMPT", "1", "TORCHELASTIC_RESTART_COUNT", "2")))
        .contains(new Placement(3, 4, 1, "10.0.0.1", 29500, 1, false));
  }

  @Test
  void aProcessAloneHasNoPlace() {
    assertThat(Placement.of(Map.of())).isEmpty();
    assertThat(Placement.of(Map.of("MASTER_ADDR", "10.0.0.1"))).isEmpty();
    assertThat(Placement.of(Map.of("RANK", "0", "WORLD_SIZE", "1"))).isEmpty();
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> Placement.of(variables("MASTER_ADDR", "", "MASTER_PORT", "")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "of the variables of a distributed run MASTER_ADDR, MASTER_PORT are missing")
        .hasMessageContaining("plumbline launch");
  }

  @Test
  void whatIsWrongIsNamedWithWhatIsWanted() {
    assertThatThrownBy(() -> Placement.of(variables("RANK", "4")))
        .hasMessage("the variable RANK is '4', wanted a whole number, 0 to WORLD_SIZE - 1, 3");
    assertThatThrownBy(() -> Placement.of(variables("WORLD_SIZE", "many")))
        .hasMessage("the variable WORLD_SIZE is 'many', wanted a whole number, at least 1");
    assertThatThrownBy(() -> Placement.of(variables("MASTER_PORT", "70000")))
        .hasMessageContaining("MASTER_PORT is '70000', wanted a whole number, 1 to 65535");
    assertThatThrownBy(() -> Deadlines.of(Map.of("PLUMBLINE_SIGN_SECONDS", "soon")))
        .hasMessage("the variable PLUMBLINE_SIGN_SECONDS is 'soon', wanted seconds above 0");
  }
}
