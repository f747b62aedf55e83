package plumbline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Seeded damage to files, of the kinds that disks, networks and attackers do. */
public final class Mutation {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NUMBERS =
      List.of(
          "-1",
          "0",
          "1",
          "3",
          "0.5",
          "-0.0",
          "1e308",
          "1e400",
          "2147483647",
          "2147483648",
          "4294967296",
          "-9223372036854775808",
          "9223372036854775807",
          "18446744073709551616",
          "1000000",
          "16777216");
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "\"\"",
          "\"x\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "[]",
          "{}",
          "[[]]",
          "[null]",
          "{\"\": null}",
          "[-1, 1]",
          "\"../../x\"",
          "\"(((a*)*)*\"");

  private static final List<String> YAML =
      List.of(
          "!!plumbline.FileFuzz$Trap {}",
          "!!javax.script.ScriptEngineManager [!!plumbline.FileFuzz$Trap []]",
          "!!python/object/apply:os.system ['true']",
          "&a [*a, *a]",
          "&a {<<: *a}",
          "*nowhere",
          "{a: &a [x, x, x, x, x, x, x, x], b: &b [*a, *a, *a, *a, *a, *a, *a, *a],"
              + " c: &c [*b, *b, *b, *b, *b, *b, *b, *b], d: &d [*c, *c, *c, *c, *c, *c, *c, *c],"
              + " e: &e [*d, *d, *d, *d, *d, *d, *d, *d], f: &f [*e, *e, *e, *e, *e, *e, *e, *e],"
              + " g: &g [*f, *f, *f, *f, *f, *f, *f, *f], h: [*g, *g, *g, *g, *g, *g, *g, *g]}",
          "[".repeat(2000),
          "{a: ".repeat(2000),
          "!!binary aGk=",
          "2001-02-30",
          "0x7fffffffffffffff",
          "? [a, b]\n: c",
          "%TAG ! tag:x,2000:",
          "---\na: b",
          "\t- x",
          "|9\n x",
          ".nan",
          "'");

  private final SplittableRandom random;

  public Mutation(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** One to three changes of bytes; a JSON header keeps the length that its file says it has. */
  public byte[] ofBytes(byte[] original) {
    byte[] bytes = original;
    for (int i = random.nextInt(1, 4); i > 0 && bytes.length > 0; i--) {
      bytes = changed(bytes.clone());
    }
    return bytes;
  }

  private byte[] changed(byte[] bytes) {
    int at = random.nextInt(Math.min(bytes.length, random.nextBoolean() ? 400 : bytes.length));
    switch (random.nextInt(6)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 3 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 8), (byte) random.nextInt(256));
      case 4 -> {
        return joined(bytes, at, at, new byte[random.nextInt(1, 20)]);
      }
      default -> {
        int end = Math.min(bytes.length, at + random.nextInt(1, 20));
        return joined(bytes, at, end, new byte[0]);
      }
    }
    return bytes;
  }

  private static byte[] joined(byte[] bytes, int from, int to, byte[] between) {
    byte[] joined = Arrays.copyOf(bytes, bytes.length - (to - from) + between.length);
    System.arraycopy(between, 0, joined, from, between.length);
    System.arraycopy(bytes, to, joined, from + between.length, bytes.length - to);
    return joined;
  }

  /** Damage to a JSON document: mostly to its values and keys, sometimes to its bytes. */
  public byte[] ofJson(byte[] original) {
    if (random.nextInt(4) == 0) {
      return ofBytes(original);
    }
    try {
      JsonNode root = JSON.readTree(original);
      String mark = "@mutated@";
      String replacement = "";
      for (int i = random.nextInt(1, 3); i > 0; i--) {
        replacement = change(root, mark);
      }
      String text = JSON.writeValueAsString(root).replace("\"" + mark + "\"", replacement);
      return text.getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Damage to lines of JSON: to one of them, or to the bytes. */
  public byte[] ofLines(byte[] original) {
    if (random.nextInt(4) == 0) {
      return ofBytes(original);
    }
    List<String> lines =
        new ArrayList<>(new String(original, StandardCharsets.UTF_8).lines().toList());
    int at = random.nextInt(lines.size());
    byte[] changed = ofJson(lines.get(at).getBytes(StandardCharsets.UTF_8));
    lines.set(at, new String(changed, StandardCharsets.UTF_8));
    return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
  }

  /** Damage to a YAML document: to its bytes, or something nasty in the place of a value. */
  public byte[] ofYaml(byte[] original) {
    if (random.nextInt(3) == 0) {
      return ofBytes(original);
    }
    List<String> lines =
        new ArrayList<>(new String(original, StandardCharsets.UTF_8).lines().toList());
    for (int i = random.nextInt(1, 3); i > 0; i--) {
      int at = random.nextInt(lines.size());
      String nasty =
          random.nextBoolean()
              ? YAML.get(random.nextInt(YAML.size()))
              : random.nextBoolean()
                  ? NUMBERS.get(random.nextInt(NUMBERS.size()))
                  : VALUES.get(random.nextInt(VALUES.size()));
      String line = lines.get(at);
      int colon = line.indexOf(": ");
      lines.set(
          at,
          switch (random.nextInt(4)) {
            case 0 -> line + "\n" + line;
            case 1 -> nasty;
            default -> colon < 0 ? nasty : line.substring(0, colon + 2) + nasty;
          });
    }
    return String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
  }

  private String change(JsonNode root, String mark) {
    JsonNode parent = container(root);
    if (parent.isEmpty()) {
      return "null";
    }
    int index = random.nextInt(parent.size());
    if (parent instanceof ObjectNode object) {
      List<String> keys = new ArrayList<>();
      object.fieldNames().forEachRemaining(keys::add);
      String key = keys.get(index);
      JsonNode value = object.get(key);
      switch (random.nextInt(8)) {
        case 0 -> object.remove(key);
        case 1 -> object.set(key + "x", object.remove(key));
        case 2 -> {
          object.put(key, mark);
          return value + ", \"" + key.replace("\\", "").replace("\"", "") + "\": " + value;
        }
        default -> object.put(key, mark);
      }
    } else {
      ArrayNode array = (ArrayNode) parent;
      if (random.nextInt(4) == 0) {
        array.remove(index);
      } else {
        array.set(index, mark);
      }
    }
    return switch (random.nextInt(12)) {
      case 0 -> "[".repeat(3000) + "]".repeat(3000);
      case 1, 2, 3 -> VALUES.get(random.nextInt(VALUES.size()));
      default -> NUMBERS.get(random.nextInt(NUMBERS.size()));
    };
  }

  /** A random object or array, the root most of all. */
  private JsonNode container(JsonNode node) {
    List<JsonNode> inside = new ArrayList<>();
    node.forEach(
        child -> {
          if (child.isContainerNode()) {
            inside.add(child);
          }
        });
    return inside.isEmpty() || random.nextInt(3) == 0
        ? node
        : container(inside.get(random.nextInt(inside.size())));
  }
}
