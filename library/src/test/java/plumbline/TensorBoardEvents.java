package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.framework.Summary;
import org.tensorflow.util.Event;

/** Event files as TensorFlow's own classes read them, with frames checked bit by bit. */
public final class TensorBoardEvents {
  private TensorBoardEvents() {}

  /** The only event file of a folder. */
  public static Path file(Path folder) throws IOException {
    List<Path> files = files(folder);
    assertThat(files).as("event files of " + folder).hasSize(1);
    return files.get(0);
  }

  public static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().contains(".tfevents.")).sorted().toList();
    }
  }

  /** Every event; a frame that is torn or whose checksum is wrong fails. */
  public static List<Event> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Event> events = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] head = new byte[8];
      bytes.get(head);
      assertThat(bytes.getInt()).as("checksum of a length").isEqualTo(masked(head));
      byte[] data = new byte[(int) ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      bytes.get(data);
      assertThat(bytes.getInt()).as("checksum of an event").isEqualTo(masked(data));
      events.add(Event.parseFrom(data));
    }
    return events;
  }

  /** {@code step tag value} of every scalar and text in its order. */
  public static List<String> values(Path folder) throws IOException {
    List<String> values = new ArrayList<>();
    for (Event event : read(file(folder))) {
      for (Summary.Value value : event.getSummary().getValueList()) {
        String content =
            value.hasTensor()
                ? value.getTensor().getStringVal(0).toStringUtf8()
                : Float.toString(value.getSimpleValue());
        values.add(event.getStep() + " " + value.getTag() + " " + content);
      }
    }
    return values;
  }

  /** CRC-32C by its polynomial, one bit at a time. */
  private static int masked(byte[] data) {
    int crc = -1;
    for (byte each : data) {
      crc ^= each & 0xFF;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0x82F63B78;
      }
    }
    crc = ~crc;
    return Integer.rotateRight(crc, 15) + 0xa282ead8;
  }
}
