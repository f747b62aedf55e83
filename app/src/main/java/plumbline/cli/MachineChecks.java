package plumbline.cli;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import plumbline.hub.HubSettings;
import plumbline.tensor.EngineProbe;

/** What a machine has that Plumbline can do without, and what would be better otherwise. */
final class MachineChecks {
  private static final double LITTLE_DISK_GIB = 2;
  private static final Path NVIDIA = Path.of("/proc/driver/nvidia/version");

  private MachineChecks() {}

  /** Jars and folders that were named and are not there: Java passes over them in silence. */
  static Diagnosis classPath() {
    return classPath(System.getProperty("java.class.path"));
  }

  static Diagnosis classPath(String path) {
    List<String> entries = List.of(path.split(File.pathSeparator, -1));
    List<String> missing =
        entries.stream()
            .filter(entry -> !entry.isEmpty() && !entry.endsWith("*"))
            .filter(entry -> !Files.exists(Path.of(entry)))
            .toList();
    return new Diagnosis(
        "class path",
        true,
        entries.size() + " entries",
        missing.isEmpty()
            ? ""
            : "not there: " + String.join(", ", missing) + "; see PLUMBLINE_CLASSPATH");
  }

  static Diagnosis system() {
    return new Diagnosis(
        "system",
        true,
        String.join(
            " ",
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch")),
        "");
  }

  /** The launcher makes glibc give freed memory back, without which the peak is higher. */
  static Diagnosis allocator(Map<String, String> environment) {
    boolean linux = System.getProperty("os.name").startsWith("Linux");
    String found = environment.get("MALLOC_MMAP_THRESHOLD_");
    return new Diagnosis(
        "allocator",
        true,
        !linux ? "the system's" : found == null ? "glibc's defaults" : "gives back at " + found,
        linux && found == null
            ? "start Plumbline by its launcher: without MALLOC_MMAP_THRESHOLD_=8388608 and"
                + " MALLOC_TRIM_THRESHOLD_=67108864 runs keep more memory than they use"
            : "");
  }

  /** Which processor's matrix kernels OpenBLAS takes: its own choice, unless it is told another. */
  static Diagnosis kernels(Map<String, String> environment) {
    Optional<String> told = Optional.ofNullable(environment.get("OPENBLAS_CORETYPE"));
    return new Diagnosis(
        "matrix kernels",
        true,
        told.map(name -> "OPENBLAS_CORETYPE=" + name).orElse("of this processor"),
        told.isPresent()
            ? "kernels for another processor than this one may take 1.6 times as long; unset"
                + " OPENBLAS_CORETYPE to let OpenBLAS choose, or leave it to get the same bytes on"
                + " different processors"
            : "");
  }

  /** Processors, how busy they are, and variables that change how many threads compute. */
  static Diagnosis threads(Map<String, String> environment) {
    return threads(
        Runtime.getRuntime().availableProcessors(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
        environment);
  }

  /**
   * @param load processes that want to run, on average; below 0 if unknown
   */
  static Diagnosis threads(int processors, double load, Map<String, String> environment) {
    Map<String, String> set = new LinkedHashMap<>();
    for (String name : List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")) {
      Optional.ofNullable(environment.get(name)).ifPresent(value -> set.put(name, value));
    }
    String busy = load < 0 ? "" : String.format(Locale.ROOT, ", load %.1f", load);
    String found =
        processors
            + " processors"
            + busy
            + (set.isEmpty() ? "" : ", " + set.toString().replaceAll("[{}]", ""));
    List<String> advice = new ArrayList<>();
    if (!set.isEmpty()) {
      advice.add(set.keySet() + " has no effect: --threads decides");
    }
    if (load > processors) {
      advice.add(
          "others keep all processors busy: leave --threads at 1, as more threads wait for each"
              + " other");
    }
    return new Diagnosis("threads", true, found, String.join("; ", advice));
  }

  /** Whether there is an NVIDIA GPU and a libtorch that can use it. */
  static Diagnosis gpu() {
    boolean usable;
    try {
      usable = EngineProbe.run().cuda();
    } catch (IllegalStateException | LinkageError e) {
      usable = false; // libtorch's own check says why
    }
    return gpu(usable, Files.exists(NVIDIA));
  }

  static Diagnosis gpu(boolean usable, boolean present) {
    if (usable) {
      return new Diagnosis("gpu", true, "an NVIDIA GPU: --device cuda", "");
    }
    return new Diagnosis(
        "gpu",
        true,
        present ? "an NVIDIA driver, but no GPU that libtorch sees" : "none; the CPU computes",
        present ? "this is the CPU build of libtorch; for the GPU: ./mvnw -Pcuda package" : "");
  }

  /** Room where runs, models of the hub and unpacked native libraries go. */
  static Diagnosis disk(Map<String, String> environment) {
    Path home = Path.of(System.getProperty("user.home"));
    Map<String, Path> places = new LinkedHashMap<>();
    places.put("here", Path.of("").toAbsolutePath());
    places.put("models of the hub", HubSettings.of(environment).cache());
    places.put("native libraries", home.resolve(".javacpp"));
    List<String> found = new ArrayList<>();
    List<String> advice = new ArrayList<>();
    places.forEach(
        (name, place) -> {
          double free = freeGib(place);
          found.add(String.format(Locale.ROOT, "%s %.1f GiB", name, free));
          if (free < LITTLE_DISK_GIB) {
            advice.add(place + " has little room for " + name);
          }
        });
    return new Diagnosis("disk", true, String.join(", ", found), String.join("; ", advice));
  }

  /** Free bytes where a folder is, or will be. */
  private static double freeGib(Path folder) {
    Path place = folder.toAbsolutePath();
    while (!Files.exists(place)) {
      place = place.getParent();
    }
    try {
      return Files.getFileStore(place).getUsableSpace() / Diagnosis.GIB;
    } catch (IOException e) {
      return 0;
    }
  }
}
