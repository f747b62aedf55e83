package plumbline.web.label;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What many people at once were told, and after how long. */
final class LoadLog implements Desk.Stopwatch {
  private static final double NANOS_PER_MILLI = 1e6;

  private final Map<String, Queue<Long>> nanos = new ConcurrentSkipListMap<>();

  /** By the comment or reason, which is sent for one task only. */
  final Map<String, Answer> acknowledged = new ConcurrentHashMap<>();

  final Map<String, Answer> refused = new ConcurrentHashMap<>();

  /** By name: undone, as the person was told, and asked for without an answer. */
  final Map<String, Integer> undone = new ConcurrentHashMap<>();

  final Map<String, Integer> perhapsUndone = new ConcurrentHashMap<>();
  final AtomicInteger votes = new AtomicInteger();
  final AtomicInteger unanswered = new AtomicInteger();
  final AtomicInteger slowed = new AtomicInteger();

  /**
   * An answer as it was sent.
   *
   * @param preferred the text of the preferred response; empty for a skip
   */
  record Answer(String name, long lease, String preferred) {}

  @Override
  public HttpResponse<String> time(String kind, Callable<HttpResponse<String>> request)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    HttpResponse<String> response;
    try {
      response = request.call();
    } catch (IOException | InterruptedException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    long took = System.nanoTime() - start;
    nanos.computeIfAbsent(kind, k -> new ConcurrentLinkedQueue<>()).add(took);
    return response;
  }

  /** A table of medians and 99th percentiles. */
  String table() {
    StringBuilder table = new StringBuilder();
    table.append("| request | answers | median, ms | 99th percentile, ms |\n");
    table.append("| --- | --- | --- | --- |\n");
    nanos.forEach(
        (kind, all) -> {
          long[] sorted = all.stream().mapToLong(Long::longValue).sorted().toArray();
          table.append(
              "| %s | %,d | %.0f | %.0f |%n"
                  .formatted(kind, sorted.length, quantile(sorted, 0.5), quantile(sorted, 0.99)));
        });
    return table.toString();
  }

  private static double quantile(long[] sorted, double share) {
    int rank = (int) Math.ceil(share * sorted.length);
    return sorted[Math.max(0, rank - 1)] / NANOS_PER_MILLI;
  }

  @Override
  public String toString() {
    int back = undone.values().stream().mapToInt(Integer::intValue).sum();
    return "%,d votes acknowledged, %,d undone, %,d refused as late; %,d requests without an answer, %,d told to wait"
        .formatted(votes.get(), back, refused.size(), unanswered.get(), slowed.get());
  }
}
