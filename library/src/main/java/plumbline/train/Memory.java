package plumbline.train;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this machine and of this process. */
public final class Memory {
  private Memory() {}

  /** Physical memory of the machine, in MiB. */
  public static long physicalMegabytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize()
        >> 20;
  }

  /**
   * What this process may hold, in MiB: the machine's or the container's memory, or less if the
   * launcher sets a limit.
   */
  public static long availableMegabytes() {
    String limit = System.getProperty("org.bytedeco.javacpp.maxPhysicalBytes", "");
    long physical = physicalMegabytes();
    return limit.matches("\\d+[kmgt]?") ? Math.min(physical, megabytes(limit)) : physical;
  }

  private static long megabytes(String limit) {
    int power = "kmgt".indexOf(limit.charAt(limit.length() - 1)) + 1;
    long number = Long.parseLong(limit.replaceAll("\\D", ""));
    return (long) (number * Math.pow(1024, power - 2));
  }

  /** The most physical memory that this process has held so far, in MiB; -1 if unknown here. */
  public static long peakMegabytes() {
    return status("VmHWM:");
  }

  /**
   * Lets {@link #peakMegabytes} begin anew with what this process holds now.
   *
   * @return whether this system can do that
   */
  public static boolean forgetPeak() {
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
      return true;
    } catch (IOException e) {
      return false; // not Linux, or not allowed
    }
  }

  /** The physical memory that this process holds now, in MiB; -1 if unknown here. */
  public static long residentMegabytes() {
    return status("VmRSS:");
  }

  private static long status(String key) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.replaceAll("\\D", "")) / 1024;
        }
      }
    } catch (IOException e) {
      return -1; // not Linux
    }
    return -1;
  }
}
