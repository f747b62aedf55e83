package plumbline.track;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * TFRecord's frames (tensorflow/core/lib/io/record_writer.h): {@code uint64 length}, masked CRC-32C
 * of the length, the data, masked CRC-32C of the data, all little-endian.
 */
final class Records {
  private static final int BEFORE = Long.BYTES + Integer.BYTES;
  private static final int AFTER = Integer.BYTES;
  private static final int MASK = 0xa282ead8;

  private Records() {}

  static byte[] framed(byte[] data) {
    ByteBuffer frame = little(ByteBuffer.allocate(BEFORE + data.length + AFTER));
    frame.putLong(data.length);
    frame.putInt(masked(frame.array(), 0, Long.BYTES));
    frame.put(data);
    frame.putInt(masked(data, 0, data.length));
    return frame.array();
  }

  /** The data of every whole frame, up to the first that is torn or altered. */
  static List<byte[]> read(byte[] file) {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer left = little(ByteBuffer.wrap(file));
    while (left.remaining() >= BEFORE + AFTER) {
      int start = left.position();
      long length = left.getLong();
      boolean isLength = left.getInt() == masked(file, start, Long.BYTES);
      if (!isLength || length < 0 || length > left.remaining() - AFTER) {
        break;
      }
      byte[] data = new byte[(int) length];
      left.get(data);
      if (left.getInt() != masked(data, 0, data.length)) {
        break;
      }
      records.add(data);
    }
    return records;
  }

  /** Rotated and moved, so that a checksum of data that holds checksums is still a good one. */
  private static int masked(byte[] data, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(data, from, length);
    int sum = (int) crc.getValue();
    return ((sum >>> 15) | (sum << 17)) + MASK;
  }

  private static ByteBuffer little(ByteBuffer buffer) {
    return buffer.order(ByteOrder.LITTLE_ENDIAN);
  }
}
