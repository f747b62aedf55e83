package plumbline.judge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.InputException;
import plumbline.data.Sha256;

/**
 * Answers that judges have given, one JSON line each, found again by a hash of all that an answer
 * depends on. A line is written as soon as its answer is there; a last line that was cut off is
 * taken away when the file is opened again. In memory are 16 bytes an answer, whatever its length:
 * its line is read again when it is asked for.
 *
 * <p>Any number of threads may use one cache; a second program is refused.
 */
public final class VerdictCache implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BUFFER = 1 << 16;
  private static final int LINE = 1 << 10;
  private static final long NOWHERE = -1;

  private final Path file;
  private final FileChannel channel;
  private final FileLock lock;

  /** Where the line of a key begins, by the first 64 bits of the key's hash. */
  private final Long2LongOpenHashMap places = new Long2LongOpenHashMap();

  private long end;
  private int damaged;
  private Usage before = Usage.NONE;

  /**
   * An answer.
   *
   * @param key hash of the judge, its version, the question and the responses
   * @param judge the judge's name
   * @param version the judge's version
   * @param answer the verdict, rating or category as a word
   * @param number the probability or rating, where there is one
   * @param raw what the judge answered, word for word
   * @param usage what it took
   */
  record Entry(
      String key,
      String judge,
      String version,
      String answer,
      OptionalDouble number,
      String raw,
      Usage usage) {}

  private VerdictCache(Path file, FileChannel channel, FileLock lock) {
    this.file = file;
    this.channel = channel;
    this.lock = lock;
    places.defaultReturnValue(NOWHERE);
  }

  /**
   * Opens a cache, an empty one if there is no such file.
   *
   * @throws InputException if it cannot be read or written, or another program uses it
   */
  public static VerdictCache open(Path file) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      VerdictCache cache = new VerdictCache(file, channel, lock(file, channel));
      cache.read();
      return cache;
    } catch (IOException e) {
      throw new InputException(file + ": the cache cannot be opened: " + e.getMessage(), e);
    }
  }

  private static FileLock lock(Path file, FileChannel channel) throws IOException {
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // this very program has it open: told below
    }
    if (lock == null) {
      channel.close();
      throw new InputException(
          file + ": another run is using this cache; wait for it or choose another with --cache");
    }
    return lock;
  }

  private void read() throws IOException {
    InputStream in = new java.io.BufferedInputStream(Channels.newInputStream(channel), BUFFER);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long whole = 0;
    for (int b = in.read(); b >= 0; b = in.read()) {
      if (b != '\n') {
        line.write(b);
        continue;
      }
      readLine(line.toString(StandardCharsets.UTF_8), whole);
      whole += line.size() + 1L;
      line.reset();
    }
    // A line without an end was being written when the program was killed.
    damaged += line.size() > 0 ? 1 : 0;
    channel.truncate(whole);
    channel.position(whole);
    end = whole;
  }

  private void readLine(String line, long place) {
    Optional<Entry> entry = parsed(line);
    if (entry.isEmpty()) {
      damaged++;
      return;
    }
    places.put(Sha256.prefix(entry.get().key()), place);
    before = before.plus(entry.get().usage());
  }

  private static Optional<Entry> parsed(String line) {
    try {
      JsonNode json = JSON.readTree(line);
      return json.path("key").isTextual() && json.path("answer").isTextual()
          ? Optional.of(entry(json))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Entry entry(JsonNode json) {
    JsonNode usage = json.path("usage");
    return new Entry(
        json.get("key").asText(),
        json.path("judge").asText(),
        json.path("version").asText(),
        json.get("answer").asText(),
        json.path("number").isNumber()
            ? OptionalDouble.of(json.get("number").asDouble())
            : OptionalDouble.empty(),
        json.path("raw").asText(),
        new Usage(
            usage.path("answers").asLong(),
            usage.path("input_tokens").asLong(),
            usage.path("output_tokens").asLong(),
            usage.path("usd").asDouble()));
  }

  /** Lines that could not be read; what they held is asked for again. */
  public int damaged() {
    return damaged;
  }

  /** What all answers took that were there when the cache was opened. */
  public Usage before() {
    return before;
  }

  synchronized Optional<Entry> find(String key) {
    long place = places.get(Sha256.prefix(key));
    // Another key may have the same 64 bits: its answer is none to this question.
    return place == NOWHERE
        ? Optional.empty()
        : parsed(lineAt(place)).filter(entry -> entry.key().equals(key));
  }

  private String lineAt(long place) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    ByteBuffer part = ByteBuffer.allocate(LINE);
    try {
      for (long at = place; channel.read(part.clear(), at) > 0; at += part.position()) {
        for (int i = 0; i < part.position(); i++) {
          if (part.get(i) == '\n') {
            line.write(part.array(), 0, i);
            return line.toString(StandardCharsets.UTF_8);
          }
        }
        line.write(part.array(), 0, part.position());
      }
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": an answer cannot be read", e);
    }
  }

  /** Keeps an answer; it is in the file when this returns. */
  synchronized void put(Entry entry) {
    ObjectNode json = JSON.createObjectNode();
    json.put("key", entry.key()).put("judge", entry.judge()).put("version", entry.version());
    json.put("answer", entry.answer());
    entry.number().ifPresent(number -> json.put("number", number));
    json.put("raw", entry.raw());
    if (!entry.usage().equals(Usage.NONE)) {
      json.putObject("usage")
          .put("answers", entry.usage().answers())
          .put("input_tokens", entry.usage().inputTokens())
          .put("output_tokens", entry.usage().outputTokens())
          .put("usd", entry.usage().usd());
    }
    ByteBuffer line = ByteBuffer.wrap((json + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": an answer cannot be kept", e);
    }
    places.put(Sha256.prefix(entry.key()), end);
    end += line.capacity();
  }

  @Override
  public synchronized void close() {
    try {
      channel.force(true);
      lock.release();
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be closed", e);
    }
  }
}
