package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import plumbline.tensor.EngineProbe;
import plumbline.text.Tokenizer;
import plumbline.train.Memory;

/**
 * One thing that Plumbline needs of a machine.
 *
 * @param name what was looked at
 * @param ok whether it will do
 * @param found what is there
 * @param remedy what to do if it will not, or what would be better; mostly empty
 */
record Diagnosis(String name, boolean ok, String found, String remedy) {
  static final double GIB = 1L << 30;
  private static final double LEAST_MEMORY_GIB = 3;
  private static final String TINY_TOKENIZER =
      """
      {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
       "model": {"type": "WordLevel", "vocab": {"plumb": 0, "line": 1}, "unk_token": "line"}}
      """;

  /**
   * Looks at everything.
   *
   * @param environment the variables of the process
   */
  static List<Diagnosis> all(Map<String, String> environment) {
    return List.of(
        java(),
        MachineChecks.classPath(),
        MachineChecks.system(),
        memory(),
        MachineChecks.allocator(environment),
        MachineChecks.kernels(environment),
        MachineChecks.threads(environment),
        used(
            "libtorch",
            Diagnosis::libtorch,
            "Plumbline's tensors need the native libraries of org.bytedeco for this system"
                + " (linux-x86_64, macosx-arm64, macosx-x86_64, windows-x86_64) and room to unpack"
                + " them in ~/.javacpp; build again with ./mvnw package"),
        MachineChecks.gpu(),
        used(
            "tokenizers",
            Diagnosis::tokenizers,
            "the native library of ai.djl.huggingface:tokenizers could not be used; it needs this"
                + " system's build and room to unpack in ~/.djl.ai"),
        used(
            "working folder",
            Diagnosis::workingFolder,
            "runs are written below the folder you start in: change to one you may write to"),
        MachineChecks.disk(environment));
  }

  private static Diagnosis java() {
    int feature = Runtime.version().feature();
    String found = Runtime.version() + ", " + System.getProperty("java.vendor");
    boolean fits = feature >= 17 && !"32".equals(System.getProperty("sun.arch.data.model"));
    return check("java", fits, found, "install a JDK of 64 bits, version 17 or later");
  }

  private static Diagnosis memory() {
    double total = Memory.physicalMegabytes() / 1024.0;
    double heap = Runtime.getRuntime().maxMemory() / GIB;
    String limit = System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes", "none");
    String found =
        String.format(
            Locale.ROOT, "%.1f GiB; Java heap %.1f GiB, process limit %s", total, heap, limit);
    if (total < LEAST_MEMORY_GIB) {
      return new Diagnosis(
          "memory", false, found, "the quickstart needs " + (int) LEAST_MEMORY_GIB + " GiB");
    }
    boolean beyond = limit.matches("\\d+g") && Long.parseLong(limit.replace("g", "")) > total;
    return new Diagnosis(
        "memory",
        true,
        found,
        beyond
            ? "the limit is above what there is, so the system may kill a run before Plumbline says"
                + " why; set PLUMBLINE_MEMORY=%dg".formatted(Math.max(2, (long) (total * 0.9)))
            : "");
  }

  private static String libtorch() {
    EngineProbe probe = EngineProbe.run();
    return probe.libtorch()
        + (probe.cuda() ? ", CUDA" : ", CPU only")
        + "; OpenBLAS "
        + probe.openblas();
  }

  private static String tokenizers() throws IOException {
    Path file = Files.createTempFile("plumbline", "tokenizer.json");
    try {
      Files.writeString(file, TINY_TOKENIZER);
      try (Tokenizer tokenizer = Tokenizer.load(file)) {
        int[] ids = tokenizer.encode("plumb line");
        if (!Arrays.equals(ids, new int[] {0, 1})) {
          throw new IllegalStateException("'plumb line' became the ids " + Arrays.toString(ids));
        }
      }
    } finally {
      Files.delete(file);
    }
    return "a text of two words became two tokens";
  }

  private static String workingFolder() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    Files.delete(Files.createTempFile(here, ".plumbline", ".tmp"));
    long free = here.toFile().getUsableSpace();
    return String.format(Locale.ROOT, "%s, %.1f GiB free", here, free / GIB);
  }

  /** Uses something; whatever it throws is the finding. */
  private static Diagnosis used(String name, Callable<String> use, String remedy) {
    try {
      return check(name, true, use.call(), "");
    } catch (Exception | LinkageError e) {
      return check(name, false, e.toString().lines().findFirst().orElse(""), remedy);
    }
  }

  private static Diagnosis check(String name, boolean ok, String found, String remedy) {
    return new Diagnosis(name, ok, found, ok ? "" : remedy);
  }
}
