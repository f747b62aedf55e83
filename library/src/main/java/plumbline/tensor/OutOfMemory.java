package plumbline.tensor;

import java.util.Locale;

/** Whether a failure is that of memory: Java's heap, the process's limit, or libtorch's. */
public final class OutOfMemory {
  private OutOfMemory() {}

  /** Looks at causes too. */
  public static boolean is(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return true;
      }
      String said = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      // c10's CPU allocator, its CUDA allocator, and C++ itself.
      if (cause instanceof RuntimeException
          && (said.contains("not enough memory")
              || said.contains("can't allocate memory")
              || said.contains("cuda out of memory")
              || said.contains("std::bad_alloc"))) {
        return true;
      }
    }
    return false;
  }

  /** What was asked for, in one line. */
  public static String said(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (is(cause) && cause.getMessage() != null) {
        String line = cause.getMessage().lines().findFirst().orElse("").strip();
        return line.substring(0, Math.min(300, line.length()));
      }
    }
    return "";
  }
}
