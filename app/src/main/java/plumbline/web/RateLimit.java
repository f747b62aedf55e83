package plumbline.web;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/** So many at once and so many a minute, by key: buckets that fill up steadily. */
public final class RateLimit {
  private static final int MOST_KEYS = 10_000;
  private static final double NANOS_PER_MINUTE = 60e9;

  private final int atOnce;
  private final double perMinute;
  private final LongSupplier nanoTime;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MOST_KEYS;
        }
      };

  private record Bucket(double left, long nanos) {}

  public RateLimit(int atOnce, double perMinute) {
    this(atOnce, perMinute, System::nanoTime);
  }

  RateLimit(int atOnce, double perMinute, LongSupplier nanoTime) {
    this.atOnce = atOnce;
    this.perMinute = perMinute;
    this.nanoTime = nanoTime;
  }

  /** Takes one; false if there is none left. */
  public synchronized boolean take(String key) {
    long now = nanoTime.getAsLong();
    Bucket bucket = buckets.getOrDefault(key, new Bucket(atOnce, now));
    double filled = bucket.left + (now - bucket.nanos) / NANOS_PER_MINUTE * perMinute;
    double left = Math.min(atOnce, filled);
    boolean taken = left >= 1;
    buckets.put(key, new Bucket(taken ? left - 1 : left, now));
    return taken;
  }
}
