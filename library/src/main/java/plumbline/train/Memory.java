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

  /** The most physical memory that this process has held so far, in MiB; -1 if unknown here. */
  public static long peakMegabytes() {
    return status("VmHWM:");
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
