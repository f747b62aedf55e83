package plumbline.collect;

import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import it.unimi.dsi.fastutil.longs.LongSet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.GrowingFile;
import plumbline.data.Prompt;
import plumbline.data.Sha256;
import plumbline.data.format.RowFiles;

/**
 * Prompts drawn evenly over categories from files that are read twice and never held: as many of
 * each category as of any other, as far as it has so many. In memory are 8 bytes a prompt, by which
 * one that stands there twice is taken once.
 *
 * @param sources files of prompts
 * @param category the category of a prompt
 * @param most most prompts of the pool
 * @param seed decides which are drawn
 */
record Pool(List<Path> sources, Function<Prompt, String> category, int most, long seed) {
  /** The key of a prompt's meta that holds its category. */
  static final String CATEGORY = "category";

  /**
   * Draws the pool into a file, unless it is there.
   *
   * @return the file's prompts by category
   * @throws InputException if there is no prompt
   */
  Map<String, Long> draw(Path file) {
    if (!Files.exists(file)) {
      Map<String, Long> found = new TreeMap<>();
      forEach(prompt -> found.merge(category.apply(prompt), 1L, Long::sum));
      write(file, found, even(found, most));
    }
    Map<String, Long> drawn = new TreeMap<>();
    try (Stream<PoolPrompt> rows = read(file)) {
      rows.forEach(row -> drawn.merge(row.prompt().meta().get(CATEGORY), 1L, Long::sum));
    }
    return drawn;
  }

  static Stream<PoolPrompt> read(Path file) {
    return LogRows.read(file, PoolPrompt.class);
  }

  /** Every prompt of the sources once. */
  private void forEach(Consumer<Prompt> reader) {
    LongSet seen = new LongOpenHashSet();
    for (Path source : sources) {
      RowFiles.forEachPrompt(
          source,
          prompt -> {
            if (seen.add(Sha256.prefix(prompt.transcript()))) {
              reader.accept(prompt);
            }
          });
    }
  }

  /**
   * How many of each category: the smallest give all they have, the rest is shared among the
   * others.
   */
  static Map<String, Long> even(Map<String, Long> found, long most) {
    List<Map.Entry<String, Long>> smallestFirst = new ArrayList<>(found.entrySet());
    smallestFirst.sort(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry::getKey));
    Map<String, Long> quotas = new TreeMap<>();
    long left = most;
    for (int i = 0; i < smallestFirst.size(); i++) {
      long share = left / (smallestFirst.size() - i);
      long quota = Math.min(smallestFirst.get(i).getValue(), share);
      quotas.put(smallestFirst.get(i).getKey(), quota);
      left -= quota;
    }
    return quotas;
  }

  private void write(Path file, Map<String, Long> found, Map<String, Long> quotas) {
    Map<String, Draw> draws = new LinkedHashMap<>();
    found.forEach(
        (name, rows) ->
            draws.put(name, new Draw(rows, quotas.get(name), seed ^ Sha256.prefix(name))));
    long[] next = {0};
    try (GrowingFile out = new GrowingFile(file)) {
      forEach(
          prompt -> {
            String name = category.apply(prompt);
            if (draws.get(name).takes()) {
              Map<String, String> meta = new TreeMap<>(prompt.meta());
              meta.put(CATEGORY, name);
              long row = next[0]++;
              byte[] line =
                  LogRows.line(new PoolPrompt("p" + (row + 1), row, prompt.withMeta(meta)));
              out.append(stream -> stream.write(line));
            }
          });
      out.finish();
    }
  }

  /**
   * Draws so many of a known number of rows as they pass by, each subset with the same probability
   * (Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S).
   */
  static final class Draw {
    private final SplittableRandom random;
    private long rows;
    private long wanted;

    Draw(long rows, long wanted, long seed) {
      this.rows = rows;
      this.wanted = wanted;
      this.random = new SplittableRandom(seed);
    }

    boolean takes() {
      boolean taken = random.nextDouble() * rows-- < wanted;
      wanted -= taken ? 1 : 0;
      return taken;
    }
  }
}
