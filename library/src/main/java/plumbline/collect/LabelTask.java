package plumbline.collect;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import plumbline.data.HashSplit;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;

/**
 * What people are asked: which of two answers is better.
 *
 * @param id the pair's, or {@code gold-N}
 * @param category the prompt's
 * @param messages the conversation up to the answers
 * @param responses in an order that says nothing
 * @param gold {@code ranks} of the responses' ids, where the right answer is known; else empty
 * @param meta the prompt's, and {@value #OVERLAP}
 */
public record LabelTask(
    String id,
    String category,
    List<Message> messages,
    List<Response> responses,
    Map<String, Map<String, Integer>> gold,
    Map<String, String> meta) {
  /** The key of meta that says how many people are to be asked. */
  public static final String OVERLAP = "overlap";

  private static final String RANKS = "ranks";

  /** An answer, its writer's name not to be shown. */
  public record Response(String id, String model, String content) {}

  static LabelTask of(Candidate pair, int overlap) {
    return task(
        pair.id(),
        pair.prompt(),
        new Response("", pair.better().model(), pair.better().content()),
        new Response("", pair.worse().model(), pair.worse().content()),
        overlap,
        false);
  }

  /** A task whose right answer is known: it tells who does not look. */
  static LabelTask known(int number, PreferencePair pair, int overlap) {
    return task(
        "gold-" + number,
        pair.prompt(),
        new Response("", "chosen", pair.chosen()),
        new Response("", "rejected", pair.rejected()),
        overlap,
        true);
  }

  private static LabelTask task(
      String id, Prompt prompt, Response better, Response worse, int overlap, boolean known) {
    boolean betterFirst = isBetterFirst(id);
    Response a = named("a", betterFirst ? better : worse);
    Response b = named("b", betterFirst ? worse : better);
    Map<String, String> meta = new TreeMap<>(prompt.meta());
    meta.put(OVERLAP, Integer.toString(overlap));
    Map<String, Integer> ranks =
        new TreeMap<>(Map.of("a", betterFirst ? 1 : 2, "b", betterFirst ? 2 : 1));
    return new LabelTask(
        id,
        prompt.meta().getOrDefault(Pool.CATEGORY, ""),
        prompt.messages(),
        List.of(a, b),
        known ? Map.of(RANKS, ranks) : Map.of(),
        meta);
  }

  /** Whether {@code a} is the presumed better answer of a task: half of them, always the same. */
  static boolean isBetterFirst(String id) {
    return HashSplit.place("shown " + id) < 0.5;
  }

  private static Response named(String id, Response response) {
    return new Response(id, response.model(), response.content());
  }

  /** The tasks of a file; the caller closes the stream. */
  public static Stream<LabelTask> read(Path file) {
    return LogRows.read(file, LabelTask.class);
  }

  /** Whether the right answer is known. */
  public boolean isKnown() {
    return !gold.isEmpty();
  }

  /** The known rank of a response, 1 being the better. */
  public int knownRank(String response) {
    return gold.get(RANKS).get(response);
  }

  /** What is asked, for judges of the world that it is of. */
  public Prompt prompt() {
    return new Prompt(messages, meta);
  }
}
