package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

/**
 * Golden cases: inputs with the outputs that other software gave for them.
 *
 * <p>A few small ones are among the test resources; the rest stand in the folder {@code
 * -Dplumbline.goldens}. A file belongs to a topic by its {@code name} field, not by its file name.
 */
public final class GoldenFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenFiles() {}

  /** One case of a topic's file. */
  public record Case(String label, JsonNode json) {
    public JsonNode param(String name) {
      return json.path("params").path(name);
    }

    public JsonNode input(String name) {
      return json.path("inputs").path(name);
    }

    public JsonNode output(String name) {
      return json.path("outputs").path(name);
    }
  }

  /** The folder of golden cases; without it the calling test is skipped with a reason. */
  public static Path folder() {
    String value = System.getProperty("plumbline.goldens", "");
    boolean there = !value.isEmpty() && Files.isDirectory(Path.of(value));
    if (!there) {
      System.out.println("skipped: no golden cases at -Dplumbline.goldens='" + value + "'");
    }
    Assumptions.assumeTrue(there, "no folder -Dplumbline.goldens='" + value + "'");
    return Path.of(value);
  }

  /**
   * One test per case of {@code algorithms/*.json} with this name: {@code check} on those of a
   * known form, each in a scope of its own; the others are counted and printed.
   */
  public static Stream<DynamicTest> tests(
      String name, Predicate<Case> known, Consumer<Case> check) {
    List<DynamicTest> tests = new ArrayList<>();
    bundled(name).forEach(c -> tests.add(test(c, check)));
    tests.add(
        DynamicTest.dynamicTest(name + ": the folder's cases", () -> all(name, known, check)));
    return tests.stream();
  }

  private static DynamicTest test(Case c, Consumer<Case> check) {
    return DynamicTest.dynamicTest(c.label(), () -> Scopes.run(() -> check.accept(c)));
  }

  private static void all(String name, Predicate<Case> known, Consumer<Case> check) {
    List<Case> cases = inFolder(name);
    assertThat(cases).as("cases named " + name + " in " + folder()).isNotEmpty();
    List<String> unknown = new ArrayList<>();
    int checked = 0;
    for (Case c : cases) {
      if (known.test(c)) {
        run(c, check);
        checked++;
      } else {
        unknown.add(c.label() + " " + c.json().path("op").asText() + c.json().path("params"));
      }
    }
    System.out.println(
        name + ": " + checked + " golden cases, " + unknown.size() + " of no known form");
    unknown.forEach(label -> System.out.println("  not known: " + label));
    assertThat(checked).as("cases of a known form").isPositive();
  }

  private static void run(Case c, Consumer<Case> check) {
    try {
      Scopes.run(() -> check.accept(c));
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError(c.label() + ": " + e.getMessage(), e);
    }
  }

  private static List<Case> inFolder(String name) {
    try (Stream<Path> files = Files.list(folder().resolve("algorithms"))) {
      List<Case> cases = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        JsonNode json = JSON.readTree(Files.readString(file));
        if (json.path("name").asText().equals(name)) {
          cases.addAll(cases(file.getFileName().toString(), json));
        }
      }
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Case> bundled(String name) {
    String resource = "/goldens/algorithms/" + name + ".json";
    try (InputStream in = GoldenFiles.class.getResourceAsStream(resource)) {
      return in == null ? List.of() : cases("bundled " + name, JSON.readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Case> cases(String source, JsonNode file) {
    List<Case> cases = new ArrayList<>();
    for (JsonNode json : file.path("cases")) {
      cases.add(new Case(source + " case " + cases.size(), json));
    }
    return cases;
  }

  // ---- tensors: {"shape": [..], "data": [..]}, infinities and NaN as strings

  /** A float32 tensor; a missing or null node is an error. */
  public static Tensor floats(JsonNode node) {
    double[] values = values(node);
    float[] data = new float[values.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (float) values[i];
    }
    return Ops.floats(data, shape(node));
  }

  /** An int64 tensor. */
  public static Tensor longs(JsonNode node) {
    double[] values = values(node);
    long[] data = new long[values.length];
    for (int i = 0; i < data.length; i++) {
      data[i] = (long) values[i];
    }
    return Ops.longs(data, shape(node));
  }

  /** The numbers of a tensor or of a plain array, in row-major order. */
  public static double[] values(JsonNode node) {
    JsonNode data = node.isArray() ? node : node.path("data");
    assertThat(data.isArray()).as("an array of numbers in " + node).isTrue();
    double[] values = new double[data.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = number(data.get(i));
    }
    return values;
  }

  /** A number, also one that JSON cannot write: {@code "-inf"}, {@code "inf"}, {@code "nan"}. */
  public static double number(JsonNode node) {
    if (node.isNumber() || node.isBoolean()) {
      return node.isNumber() ? node.doubleValue() : node.booleanValue() ? 1 : 0;
    }
    return switch (node.asText().toLowerCase(java.util.Locale.ROOT)) {
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "inf", "infinity" -> Double.POSITIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> throw new IllegalArgumentException("not a number: " + node);
    };
  }

  private static long[] shape(JsonNode node) {
    double[] sizes = values(node.path("shape"));
    long[] shape = new long[sizes.length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = (long) sizes[i];
    }
    return shape;
  }

  // ---- comparison

  /** Every entry within {@code tolerance} * max(1, |wanted|). */
  public static void assertClose(String what, Tensor got, JsonNode wanted, double tolerance) {
    assertThat(Ops.shape(got)).as(what + ": shape").isEqualTo(shape(wanted));
    assertClose(what, Ops.toDoubles(got), values(wanted), tolerance);
  }

  /** Like {@link #assertClose(String, Tensor, JsonNode, double)} where the mask is 1. */
  public static void assertCloseWhere(
      Tensor mask, String what, Tensor got, JsonNode wanted, double tolerance) {
    Tensor expected = floats(wanted);
    Ops.checkSameShape(what, got, "wanted", expected);
    assertClose(
        what,
        Ops.toDoubles(Ops.masked(got, mask)),
        Ops.toDoubles(Ops.masked(expected, mask)),
        tolerance);
  }

  /** Every entry within {@code tolerance} * max(1, |wanted|). */
  public static void assertClose(String what, double[] got, double[] wanted, double tolerance) {
    assertThat(got).as(what).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertClose(what + " [" + i + "]", got[i], wanted[i], tolerance);
    }
  }

  /** Within {@code tolerance} * max(1, |wanted|); equal if one is not finite. */
  public static void assertClose(String what, double got, double wanted, double tolerance) {
    double allowed = tolerance * Math.max(1, Math.abs(wanted));
    boolean close = Double.compare(got, wanted) == 0 || Math.abs(got - wanted) <= allowed;
    assertThat(close).as("%s: got %s, wanted %s within %s", what, got, wanted, allowed).isTrue();
  }
}
