package plumbline.dpo;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32;
import plumbline.data.AtomicFile;
import plumbline.distributed.World;
import plumbline.model.TokenizedRow;

/**
 * What the reference says of the responses, computed once and kept on the disk under a hash of all
 * that decides it, so that other runs on the same data and reference find it.
 */
final class ReferenceLogprobs {
  private ReferenceLogprobs() {}

  /**
   * The numbers kept under {@code key}, computed and written if they are not there or damaged.
   *
   * @param folder where such files are kept
   * @param key hash of the reference, the rows and the settings
   */
  static float[] of(Path folder, String key, int count, Supplier<float[]> computed) {
    Path file = folder.resolve("logprobs-" + key + ".bin");
    World world = World.current();
    Optional<float[]> kept = world.isFirst() ? read(file, count) : Optional.empty();
    if (world.agreed(kept.isPresent())) {
      return world.fromFirst(float[].class, kept::orElseThrow);
    }
    float[] values = computed.get();
    if (world.isFirst()) {
      write(file, values);
    }
    return values;
  }

  /** The numbers of some rows, {@code each} of them per row, among those of all. */
  static float[] at(float[] all, int[] places, int each) {
    float[] some = new float[each * places.length];
    for (int i = 0; i < places.length; i++) {
      System.arraycopy(all, each * places[i], some, each * i, each);
    }
    return some;
  }

  /**
   * As {@link #of}, a number per response token.
   *
   * @return each row's numbers, in the rows' order
   */
  static List<float[]> perToken(
      Path folder, String key, List<TokenizedRow> rows, Supplier<List<float[]>> computed) {
    int count = rows.stream().mapToInt(row -> row.response().length).sum();
    FloatBuffer all =
        FloatBuffer.wrap(
            of(
                folder,
                key,
                count,
                () -> {
                  FloatBuffer joined = FloatBuffer.allocate(count);
                  computed.get().forEach(joined::put);
                  return joined.array();
                }));
    List<float[]> split = new ArrayList<>();
    for (TokenizedRow row : rows) {
      float[] own = new float[row.response().length];
      all.get(own);
      split.add(own);
    }
    return split;
  }

  private static Optional<float[]> read(Path file, int count) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (InputStream raw = Files.newInputStream(file);
        DataInputStream in = new DataInputStream(new BufferedInputStream(raw))) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = in.readFloat();
      }
      boolean whole = in.readLong() == checksum(values) && in.read() < 0;
      return whole ? Optional.of(values) : Optional.empty();
    } catch (IOException e) {
      // Shorter than it should be, or unreadable: computed again.
      return Optional.empty();
    }
  }

  private static void write(Path file, float[] values) {
    AtomicFile.write(
        file,
        out -> {
          DataOutputStream data = new DataOutputStream(out);
          for (float value : values) {
            data.writeFloat(value);
          }
          data.writeLong(checksum(values));
          data.flush();
        });
  }

  private static long checksum(float[] values) {
    CRC32 crc = new CRC32();
    for (float value : values) {
      int bits = Float.floatToIntBits(value);
      for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
        crc.update(bits >>> shift);
      }
    }
    return crc.getValue();
  }
}
