package plumbline.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * TensorBoard's {@code Event} (tensorflow/core/util/event.proto, framework/summary.proto): a row of
 * a run's logs with the moment at which it was written, in seconds since 1970.
 */
final class Event {
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  private static final int SESSION_START = 1;
  private static final int DT_STRING = 7;
  private static final int DATA_CLASS_TENSOR = 2;

  private static final Pattern LINE = Pattern.compile("(?m)^");

  private Event() {}

  /** What a file begins with. */
  static byte[] version(double time) {
    return new ProtoMessage().fixed(WALL_TIME, time).text(FILE_VERSION, "brain.Event:2").bytes();
  }

  /** Tells a TensorBoard that has read an earlier file of the run to forget it. */
  static byte[] beginning(double time) {
    return at(time, 0).message(SESSION_LOG, new ProtoMessage().varint(1, SESSION_START)).bytes();
  }

  /** Every number of a row of {@code metrics.jsonl}; empty if there is none. */
  static Optional<byte[]> metrics(JsonNode row, double time) {
    ProtoMessage summary = new ProtoMessage();
    Map<String, Double> values = values(row);
    values.forEach(
        (name, value) ->
            summary.message(
                1, new ProtoMessage().text(1, name).fixed(2, (float) value.doubleValue())));
    return values.isEmpty()
        ? Optional.empty()
        : Optional.of(at(time, step(row)).message(SUMMARY, summary).bytes());
  }

  /** A row's metrics by name, without its step and what is no number. */
  static Map<String, Double> values(JsonNode row) {
    Map<String, Double> values = new TreeMap<>();
    row.properties()
        .forEach(
            field -> {
              if (field.getValue().isNumber() && !field.getKey().equals("step")) {
                values.put(field.getKey(), field.getValue().doubleValue());
              }
            });
    return values;
  }

  /**
   * A row of {@code samples.jsonl} as text.
   *
   * @param number which sample of its step, from 1
   */
  static byte[] sample(JsonNode row, int number, double time) {
    StringBuilder text = new StringBuilder();
    for (String part : List.of("prompt", "response", "scores")) {
      JsonNode value = row.path(part);
      if (!value.isMissingNode()) {
        String words = value.isTextual() ? value.asText() : value.toString();
        // Indented it is shown as it stands, whatever Markdown or HTML is in it.
        text.append(part).append("\n\n").append(LINE.matcher(words).replaceAll("    "));
        text.append("\n\n");
      }
    }
    ProtoMessage plugin = new ProtoMessage().text(1, "text");
    ProtoMessage metadata = new ProtoMessage().message(1, plugin).varint(4, DATA_CLASS_TENSOR);
    ProtoMessage shape = new ProtoMessage().message(2, new ProtoMessage().varint(1, 1));
    ProtoMessage tensor =
        new ProtoMessage()
            .varint(1, DT_STRING)
            .message(2, shape)
            .text(8, text.toString().strip().concat("\n"));
    ProtoMessage value =
        new ProtoMessage().text(1, "samples/" + number).message(8, tensor).message(9, metadata);
    return at(time, step(row)).message(SUMMARY, new ProtoMessage().message(1, value)).bytes();
  }

  static long step(JsonNode row) {
    return row.path("step").asLong();
  }

  private static ProtoMessage at(double time, long step) {
    return new ProtoMessage().fixed(WALL_TIME, time).varint(STEP, step);
  }

  // ---- read again

  /** Whether an event of this program is a summary; its time and step stand before it. */
  static boolean isSummary(byte[] event) {
    int next = afterStep(event);
    return next < event.length && event[next] == ((SUMMARY << 3) | 2);
  }

  /** The moment of an event, in seconds. */
  static double time(byte[] event) {
    return ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN).getDouble(1);
  }

  /** The step of an event of this program, which {@link #isSummary}. */
  static long step(byte[] event) {
    long step = 0;
    for (int i = afterStep(event) - 1; i > Double.BYTES + 1; i--) {
      step = (step << 7) | (event[i] & 0x7F);
    }
    return step;
  }

  /** The first byte behind time and step; the length where they do not stand first. */
  private static int afterStep(byte[] event) {
    int step = 1 + Double.BYTES;
    if (event.length <= step + 1
        || event[0] != ((WALL_TIME << 3) | 1)
        || event[step] != STEP << 3) {
      return event.length;
    }
    int i = step + 1;
    while (i < event.length && event[i] < 0) {
      i++;
    }
    return i + 1;
  }
}
