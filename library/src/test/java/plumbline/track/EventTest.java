package plumbline.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.tensorflow.util.Event.WhatCase;

/** The bytes wanted were written by TensorBoard 2.21 itself. */
class EventTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double TIME = 1_700_000_000.5;

  private static String hex(byte[] event) {
    return HexFormat.of().formatHex(Records.framed(event));
  }

  private static JsonNode row(String json) throws Exception {
    return JSON.readTree(json);
  }

  @Test
  void aFileBeginsAsTensorBoardsOwn() {
    assertThat(hex(Event.version(TIME)))
        .isEqualTo(
            "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110");
  }

  @Test
  void scalarsAreTheBytesOfTensorBoardsOwn() throws Exception {
    byte[] event =
        Event.metrics(row("{\"step\": 300, \"loss/train\": 0.75, \"lr\": 0.001}"), TIME)
            .orElseThrow();
    assertThat(hex(event))
        .isEqualTo(
            "2c00000000000000f4aecc450900002040fc54d94110ac022a1e0a110a0a6c6f73732f747261696e"
                + "150000403f0a090a026c72156f12833adcdda277");
  }

  @Test
  void aSampleIsTheBytesOfTensorBoardsOwnText() throws Exception {
    JsonNode row = row("{\"step\": 300, \"prompt\": \"a\\nb\", \"response\": \"c\"}");
    assertThat(hex(Event.sample(row, 1, TIME)))
        .isEqualTo(
            "5800000000000000a28b2f8c0900002040fc54d94110ac022a4a0a480a0973616d706c65732f3142"
                + "2f0807120412020801422570726f6d70740a0a20202020610a20202020620a0a726573706f6e"
                + "73650a0a20202020630a4a0a0a060a04746578742002a2109f3e");
  }

  @Test
  void aRunThatGoesOnTellsReadersToForgetWhatTheyRead() throws Exception {
    org.tensorflow.util.Event event = org.tensorflow.util.Event.parseFrom(Event.beginning(TIME));
    assertThat(event.getWhatCase()).isEqualTo(WhatCase.SESSION_LOG);
    assertThat(event.getSessionLog().getStatus())
        .isEqualTo(org.tensorflow.util.SessionLog.SessionStatus.START);
    assertThat(event.getStep()).isZero();
  }

  @Test
  void whatIsNoNumberIsNoScalar() throws Exception {
    assertThat(Event.metrics(row("{\"step\": 1, \"a\": null, \"b\": \"x\"}"), TIME)).isEmpty();
  }

  @Test
  void timeAndStepAreReadAgain() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 500; i++) {
      long step = random.nextLong(1L << (1 + random.nextInt(62)));
      double time = random.nextDouble() * 2e9;
      JsonNode row = JSON.createObjectNode().put("step", step).put("loss", 1.0);
      byte[] event = Event.metrics(row, time).orElseThrow();
      assertThat(Event.isSummary(event)).isTrue();
      assertThat(Event.step(event)).isEqualTo(step);
      assertThat(Event.time(event)).isEqualTo(time);
    }
    assertThat(Event.isSummary(Event.version(TIME))).isFalse();
    assertThat(Event.isSummary(Event.beginning(TIME))).isFalse();
  }

  @Test
  void framesAreReadUpToTheFirstThatIsTornOrAltered() {
    byte[] one = Records.framed(new byte[] {1, 2, 3});
    byte[] two = Records.framed(new byte[] {});
    byte[] three = Records.framed(new byte[] {7});
    byte[] file = concat(one, two, three);

    assertThat(Records.read(file)).hasSize(3);
    for (int length = 0; length < file.length; length++) {
      int whole = length < one.length ? 0 : length < one.length + two.length ? 1 : 2;
      assertThat(Records.read(java.util.Arrays.copyOf(file, length))).hasSize(whole);
    }
    for (int i = 0; i < file.length; i++) {
      byte[] altered = file.clone();
      altered[i] ^= 4;
      int whole = i < one.length ? 0 : i < one.length + two.length ? 1 : 2;
      assertThat(Records.read(altered)).as("byte %d", i).hasSize(whole);
    }
  }

  private static byte[] concat(byte[]... parts) {
    var all = new java.io.ByteArrayOutputStream();
    List.of(parts).forEach(all::writeBytes);
    return all.toByteArray();
  }
}
