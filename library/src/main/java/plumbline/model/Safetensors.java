package plumbline.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.InputException;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * The safetensors file format: eight bytes with the header's length (little endian), a JSON header
 * of name to {@code dtype}, {@code shape} and {@code data_offsets}, then the tensors' bytes.
 */
public final class Safetensors {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_HEADER_BYTES = 100_000_000;
  private static final double MAX_ELEMENTS = 0x1p56;
  private static final int ALIGNMENT = 8;
  private static final Map<String, ScalarType> TYPES = types();

  private static Map<String, ScalarType> types() {
    Map<String, ScalarType> types = new LinkedHashMap<>();
    types.put("F64", ScalarType.Double);
    types.put("F32", ScalarType.Float);
    types.put("F16", ScalarType.Half);
    types.put("BF16", ScalarType.BFloat16);
    types.put("I64", ScalarType.Long);
    types.put("I32", ScalarType.Int);
    types.put("I16", ScalarType.Short);
    types.put("I8", ScalarType.Char);
    types.put("U8", ScalarType.Byte);
    types.put("BOOL", ScalarType.Bool);
    return types;
  }

  private Safetensors() {}

  private record Entry(String dtype, long[] shape, long begin, long end) {}

  /**
   * Reads every tensor, in the file's own precision, into memory of its own.
   *
   * @return name to kept tensor, in name order; the caller closes them
   * @throws InputException if the file is missing or breaks the format
   */
  public static SortedMap<String, Tensor> read(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer lengthBytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      if (channel.read(lengthBytes, 0) < 8) {
        throw broken(file, "has " + channel.size() + " bytes, too few for a header");
      }
      long headerBytes = lengthBytes.getLong(0);
      if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > channel.size()) {
        throw broken(
            file, "header length at byte 0 is " + headerBytes + ", the file has " + channel.size());
      }
      ByteBuffer header = ByteBuffer.allocate((int) headerBytes);
      channel.read(header, 8);
      Map<String, Entry> entries =
          entries(
              file,
              new String(header.array(), StandardCharsets.UTF_8),
              channel.size() - 8 - headerBytes);
      return tensors(channel, 8 + headerBytes, entries);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": there is no such file", e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static SortedMap<String, Tensor> tensors(
      FileChannel channel, long dataStart, Map<String, Entry> entries) throws IOException {
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    try {
      for (Map.Entry<String, Entry> entry : entries.entrySet()) {
        tensors.put(entry.getKey(), read(channel, dataStart, entry.getValue()));
      }
      return tensors;
    } catch (IOException | RuntimeException e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
  }

  private static Map<String, Entry> entries(Path file, String header, long dataBytes) {
    JsonNode json;
    try {
      json = JSON.readTree(header);
    } catch (JsonProcessingException e) {
      throw broken(file, "header is not JSON: " + e.getOriginalMessage());
    }
    if (!json.isObject()) {
      String found = json.getNodeType().name().toLowerCase(Locale.ROOT);
      throw broken(file, "header is a JSON " + found + ", wanted an object");
    }
    Map<String, Entry> entries = new LinkedHashMap<>();
    json.properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("__metadata__")) {
                entries.put(
                    field.getKey(), entry(file, field.getKey(), field.getValue(), dataBytes));
              }
            });
    return entries;
  }

  private static Entry entry(Path file, String name, JsonNode json, long dataBytes) {
    String dtype = json.path("dtype").asText("");
    ScalarType type = TYPES.get(dtype);
    if (type == null) {
      throw broken(file, "dtype of '" + name + "' is '" + dtype + "', known are " + TYPES.keySet());
    }
    JsonNode offsets = json.path("data_offsets");
    if (!json.path("shape").isArray() || !offsets.isArray() || offsets.size() != 2) {
      throw broken(file, "'" + name + "' lacks shape or data_offsets");
    }
    long[] shape = shape(file, name, json.path("shape"));
    long begin = offsets.get(0).asLong(-1);
    long end = offsets.get(1).asLong(-1);
    long wanted = Arrays.stream(shape).reduce(torch.elementSize(type), (a, b) -> a * b);
    if (begin < 0 || end < begin || end > dataBytes || end - begin != wanted) {
      throw broken(
          file,
          "'"
              + name
              + "' claims bytes "
              + begin
              + " to "
              + end
              + " of "
              + dataBytes
              + ", shape "
              + Arrays.toString(shape)
              + " in "
              + dtype
              + " wants "
              + wanted);
    }
    return new Entry(dtype, shape, begin, end);
  }

  /** Sizes whose product is at most 2^56, so that the bytes can be counted in a long. */
  private static long[] shape(Path file, String name, JsonNode json) {
    long[] shape = new long[json.size()];
    double count = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = json.get(i).asLong(-1);
      count *= shape[i];
      if (shape[i] < 0 || count > MAX_ELEMENTS) {
        throw broken(file, "shape of '" + name + "' is " + json);
      }
    }
    return shape;
  }

  private static Tensor read(FileChannel channel, long dataStart, Entry entry) throws IOException {
    if (entry.end == entry.begin) {
      return Scopes.call(() -> Scopes.keep(Ops.zeros(entry.shape)));
    }
    MappedByteBuffer mapped =
        channel.map(
            FileChannel.MapMode.READ_ONLY, dataStart + entry.begin, entry.end - entry.begin);
    ScalarType type = TYPES.get(entry.dtype);
    return Scopes.call(
        () -> {
          Pointer bytes = new BytePointer(mapped);
          TensorOptions options = new TensorOptions().dtype(new ScalarTypeOptional(type));
          Tensor borrowed = torch.from_blob(bytes, entry.shape, options);
          return Scopes.keep(
              borrowed.to(
                  new Device(Engine.device()), type, false, true, new MemoryFormatOptional()));
        });
  }

  /**
   * Writes tensors as float32, in the order of the map, under a temporary name that is then
   * renamed.
   *
   * @throws InputException if the file cannot be written
   */
  public static void write(Path file, SortedMap<String, Tensor> tensors) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    ObjectNode header = JSON.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
      ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", "F32");
      Arrays.stream(Ops.shape(tensor.getValue())).forEach(entry.putArray("shape")::add);
      long end = offset + 4 * tensor.getValue().numel();
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      byte[] json = padded(header.toString());
      write(
          channel,
          ByteBuffer.allocate(8 + json.length)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(json.length)
              .put(json)
              .flip());
      for (Tensor tensor : tensors.values()) {
        float[] values = Scopes.call(() -> Ops.toFloats(tensor));
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        write(channel, bytes);
      }
      channel.force(true);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new InputException(
          file + ": cannot be written (" + e.getMessage() + "); is the disk full or read-only?", e);
    }
  }

  private static byte[] padded(String json) {
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    byte[] padded = Arrays.copyOf(bytes, (bytes.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    Arrays.fill(padded, bytes.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static InputException broken(Path file, String what) {
    return new InputException(
        file + ": not a safetensors file: " + what + "; download or write it again");
  }
}
