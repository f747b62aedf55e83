package plumbline.tensor;

import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.InputException;

/**
 * How this process computes: the device that tensors live on and the number of threads.
 *
 * <p>Work that has parts is divided among {@link Workers}, each of which computes alone. Where
 * there is one part only, float32 matrix products on the CPU are spread over OpenBLAS's threads
 * while libtorch's own pool stays at one thread: two pools on the same cores starve each other.
 */
public final class Engine {
  private static final int MOST_BY_DEFAULT = 4;

  private static volatile String device = "cpu";
  private static volatile int threads = 1;
  private static int divisions;
  private static volatile ScalarType floatingType = ScalarType.Float;
  private static volatile ScalarType productType = ScalarType.Float;

  static {
    // libtorch's own default, a pool of every core beside OpenBLAS's, is many times slower.
    configure(device, threads);
  }

  private Engine() {}

  /**
   * Chooses device and threads for the whole process.
   *
   * @param deviceName {@code cpu}, {@code cuda} or {@code cuda:N}
   * @param threadCount threads that compute, at least 1
   * @throws InputException if the device is unknown or absent
   */
  public static void configure(String deviceName, int threadCount) {
    if (!deviceName.matches("cpu|cuda(:\\d+)?")) {
      throw new InputException("device is '" + deviceName + "', wanted cpu, cuda or cuda:N");
    }
    if (threadCount < 1) {
      throw new InputException("threads is " + threadCount + ", wanted at least 1");
    }
    Loader.load(openblas.class);
    if (deviceName.startsWith("cuda") && !torch.cuda_is_available()) {
      throw new InputException(
          "device is '"
              + deviceName
              + "' but this build of libtorch sees no CUDA device; build with ./mvnw -Pcuda"
              + " package on a machine with an NVIDIA driver, or use device cpu");
    }
    device = deviceName;
    threads = threadCount;
    spreadThreads();
  }

  /**
   * Chooses the precision of weights and computation for the whole process.
   *
   * <p>With bfloat16 the products of the models' blocks are computed in it and everything else, the
   * optimizer, norms, attention, logits and losses, in float32. Its products are spread over
   * libtorch's threads, not OpenBLAS's.
   *
   * @param dtype {@code float32}, {@code bfloat16} or {@code float64}
   * @throws InputException if it is another one
   */
  public static void useDtype(String dtype) {
    productType =
        switch (dtype) {
          case "float32" -> ScalarType.Float;
          case "bfloat16" -> ScalarType.BFloat16;
          case "float64" -> ScalarType.Double;
          default ->
              throw new InputException(
                  "dtype is '" + dtype + "', wanted float32, bfloat16 or float64");
        };
    floatingType = productType == ScalarType.Double ? ScalarType.Double : ScalarType.Float;
    spreadThreads();
  }

  /** Runs {@code body} in another precision; then the one before is back. */
  public static <T> T within(String dtype, Supplier<T> body) {
    String before = dtype();
    useDtype(dtype);
    try {
      return body.get();
    } finally {
      useDtype(before);
    }
  }

  private static synchronized void spreadThreads() {
    boolean half = productType == ScalarType.BFloat16;
    torch.set_num_threads(half && divisions == 0 ? threads : 1);
    // It looks its own address up, and leaves that behind.
    Scopes.run(() -> openblas.blas_set_num_threads(half || divisions > 0 ? 1 : threads));
  }

  /** Runs what occupies the threads itself: meanwhile no product is spread over them. */
  static void divided(Runnable body) {
    changeDivisions(1);
    try {
      body.run();
    } finally {
      changeDivisions(-1);
    }
  }

  private static synchronized void changeDivisions(int change) {
    divisions += change;
    spreadThreads();
  }

  /** Tells libtorch, which asks each thread for itself, that this one computes alone. */
  static void multiplyAlone() {
    torch.set_num_threads(1);
  }

  /** The precision of weights and computation. */
  public static String dtype() {
    return productType == ScalarType.BFloat16
        ? "bfloat16"
        : floatingType == ScalarType.Float ? "float32" : "float64";
  }

  /** The precision in which the products of a model's blocks are computed. */
  public static ScalarType productType() {
    return productType;
  }

  /** The precision of everything but those products. */
  public static ScalarType floatingType() {
    return floatingType;
  }

  /** The device that new tensors are made on. */
  public static String device() {
    return device;
  }

  /** Threads that compute on the CPU. */
  public static int threads() {
    return threads;
  }

  /**
   * The machine's cores, at most {@value #MOST_BY_DEFAULT}: the same bytes come out whatever the
   * number of threads, but each holds a part's tensors of its own. {@code docs/benchmarks.md} has
   * figures.
   */
  public static int defaultThreads() {
    return Math.min(MOST_BY_DEFAULT, Runtime.getRuntime().availableProcessors());
  }

  /** Options of a new tensor of {@code type} on the current device. */
  static TensorOptions options(ScalarType type) {
    return new TensorOptions()
        .dtype(new ScalarTypeOptional(type))
        .device(new DeviceOptional(new org.bytedeco.pytorch.Device(device)));
  }
}
