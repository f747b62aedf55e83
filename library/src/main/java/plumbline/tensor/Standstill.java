package plumbline.tensor;

import com.sun.jna.NativeLibrary;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a process end while its threads compute.
 *
 * <p>When the Java machine halts, libtorch's destructors free what a thread inside libtorch still
 * uses: the process would crash instead of ending. So threads are held where they next open a scope
 * ({@link Scopes}), which every loop does many times a second; a thread that waits for others, or
 * for the network, is held as it is.
 */
public final class Standstill {
  private static final long LOOK_NANOS = 2_000_000;

  /** Threads with an open scope, and whether they are held. */
  private static final Map<Thread, Boolean> COMPUTING = new ConcurrentHashMap<>();

  private static final Set<String> OURS = Set.of("plumbline.", "org.bytedeco.");
  private static final Set<String> OF_JAVA = Set.of("java.", "sun.", "jdk.");
  private static final ThreadLocal<int[]> DEPTH = ThreadLocal.withInitial(() -> new int[1]);
  private static volatile boolean ordered;

  private Standstill() {}

  /** A scope is about to be opened; does not return once a standstill is ordered. */
  static void enter() {
    if (DEPTH.get()[0]++ == 0) {
      COMPUTING.put(Thread.currentThread(), false);
    }
    if (ordered) {
      hold();
    }
  }

  /** The scope is closed. */
  static void leave() {
    if (--DEPTH.get()[0] == 0) {
      COMPUTING.remove(Thread.currentThread());
    }
  }

  private static void hold() {
    COMPUTING.put(Thread.currentThread(), true);
    while (true) {
      LockSupport.park();
      // Who interrupts wants an end too; it comes with the process.
      Thread.interrupted();
    }
  }

  /**
   * Holds every thread that computes, for good: only for a process that is about to end.
   *
   * @return whether none of this program's threads is at work any more; if not, only {@link #halt}
   *     ends the process safely
   */
  public static boolean await(Duration longest) {
    ordered = true;
    long deadline = System.nanoTime() + longest.toNanos();
    int quiet = 0;
    // A thread that was waiting may have been woken by one that was not held yet: look twice.
    while (quiet < 2 && System.nanoTime() < deadline) {
      quiet = COMPUTING.keySet().stream().anyMatch(Standstill::computes) ? 0 : quiet + 1;
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return quiet == 2 && Thread.getAllStackTraces().keySet().stream().noneMatch(Standstill::works);
  }

  private static boolean computes(Thread thread) {
    return !COMPUTING.getOrDefault(thread, true) && isAtWork(thread, thread.getStackTrace());
  }

  /** Outside of every scope, as in loading a model: nothing holds such a thread. */
  private static boolean works(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    if (thread == Thread.currentThread() || !isAtWork(thread, stack)) {
      return false;
    }
    for (StackTraceElement frame : stack) {
      if (OURS.stream().anyMatch(frame.getClassName()::startsWith)) {
        return true;
      }
    }
    return false;
  }

  /** Neither waiting nor in a call of the system's, such as reading from a socket. */
  private static boolean isAtWork(Thread thread, StackTraceElement[] stack) {
    return thread.getState() == Thread.State.RUNNABLE
        && stack.length > 0
        && !(stack[0].isNativeMethod()
            && OF_JAVA.stream().anyMatch(stack[0].getClassName()::startsWith));
  }

  /**
   * Ends the process here and now, without destructors; returns only where the system has no such
   * call.
   */
  public static void halt(int exitCode) {
    try {
      NativeLibrary.getProcess().getFunction("_exit").invokeVoid(new Object[] {exitCode});
    } catch (UnsatisfiedLinkError e) {
      // Windows: the process ends as Java ends it.
      return;
    }
  }
}
