package plumbline.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.InputException;

/**
 * Anthropic's HH-RLHF pairs: rows {@code {"chosen", "rejected"}} of two whole dialogues, with turns
 * marked by {@code "\n\nHuman: "} and {@code "\n\nAssistant: "}.
 *
 * <p>The prompt is what the two dialogues share; each must go on with exactly one assistant turn.
 * Human turns become {@code user}. White space around a turn is dropped; turns that one speaker
 * takes in a row are joined by an empty line and counted in the notes.
 */
public final class HhRlhf {
  /** The subset that is read from a folder unless the caller names others. */
  public static final List<String> DEFAULT_SUBSETS = List.of("helpful-base");

  private static final Pattern TURN = Pattern.compile("\n\n(Human|Assistant):");
  private static final List<String> ENDINGS = List.of(".jsonl.gz", ".jsonl");

  private HhRlhf() {}

  /**
   * Reads preference pairs.
   *
   * @param path a file, or a folder with {@code SUBSET.jsonl[.gz]} or {@code SUBSET/*.jsonl[.gz]}
   * @param subsets which subsets of a folder, in this order; not used for a file
   * @throws InputException if there is no such file or a row is structurally broken
   */
  public static Imported<PreferencePair> pairs(Path path, List<String> subsets) {
    return read(path, subsets, HhRlhf::pair);
  }

  /** Reads the chosen dialogues' last answers as demonstrations; parameters as for pairs. */
  public static Imported<Demonstration> demonstrations(Path path, List<String> subsets) {
    return read(path, subsets, HhRlhf::demonstration);
  }

  private static <T> Imported<T> read(
      Path path, List<String> subsets, BiConsumer<Row, Import<T>> reader) {
    Import<T> into = new Import<>();
    for (Path file : files(path, subsets)) {
      Row.forEach(
          file,
          row -> {
            into.found();
            reader.accept(row, into);
          });
    }
    return into.done();
  }

  private static void pair(Row row, Import<PreferencePair> into) {
    String chosenText = row.text("chosen");
    String rejectedText = row.text("rejected");
    List<Message> chosen = turns(chosenText);
    List<Message> rejected = turns(rejectedText);
    if (chosen.isEmpty() || rejected.isEmpty()) {
      into.reject(row, "does not begin with a 'Human:' turn");
      return;
    }
    if (chosen.equals(rejected)) {
      into.reject(row, "'rejected' equals 'chosen'");
      return;
    }
    int shared = 0;
    while (shared < Math.min(chosen.size(), rejected.size())
        && chosen.get(shared).equals(rejected.get(shared))) {
      shared++;
    }
    if (!endsWithAnswer(chosen) || !endsWithAnswer(rejected)) {
      into.reject(row, "does not end with an 'Assistant:' turn");
    } else if (chosen.size() != shared + 1 || rejected.size() != shared + 1) {
      into.reject(row, "the dialogues differ before their last turn");
    } else if (last(chosen).isEmpty() || last(rejected).isEmpty()) {
      into.reject(row, "empty answer");
    } else {
      promptOf(row, chosen, into)
          .forEach(p -> into.accept(new PreferencePair(p, last(chosen), last(rejected))));
    }
  }

  private static void demonstration(Row row, Import<Demonstration> into) {
    List<Message> turns = turns(row.text("chosen"));
    if (turns.isEmpty()) {
      into.reject(row, "does not begin with a 'Human:' turn");
    } else if (!endsWithAnswer(turns)) {
      into.reject(row, "does not end with an 'Assistant:' turn");
    } else if (last(turns).isEmpty()) {
      into.reject(row, "empty answer");
    } else {
      promptOf(row, turns, into).forEach(p -> into.accept(new Demonstration(p, last(turns))));
    }
  }

  /** The dialogue without its last turn; none, and the row rejected, if that is no prompt. */
  private static Stream<Prompt> promptOf(Row row, List<Message> dialogue, Import<?> into) {
    List<Message> before = dialogue.subList(0, dialogue.size() - 1);
    if (before.stream().anyMatch(m -> m.content().isEmpty())) {
      into.reject(row, "empty turn before the answer");
      return Stream.empty();
    }
    if (!before.get(before.size() - 1).role().equals(Message.USER)) {
      into.reject(row, "two 'Assistant:' turns at the end");
      return Stream.empty();
    }
    List<Message> joined = Turns.join(before, "\n\n");
    for (int i = joined.size(); i < before.size(); i++) {
      into.note("turn joined to the same speaker's turn before it");
    }
    Map<String, String> meta = Turns.meta("hh-rlhf", row);
    meta.put("category", subset(row.file()));
    return Stream.of(new Prompt(joined, meta));
  }

  private static boolean endsWithAnswer(List<Message> turns) {
    return turns.size() > 1 && turns.get(turns.size() - 1).role().equals(Message.ASSISTANT);
  }

  private static String last(List<Message> turns) {
    return turns.get(turns.size() - 1).content();
  }

  /** The turns of a dialogue; none if it does not begin with a human turn. */
  private static List<Message> turns(String dialogue) {
    List<Message> turns = new ArrayList<>();
    Matcher marker = TURN.matcher(dialogue);
    if (!marker.find()
        || !dialogue.substring(0, marker.start()).isBlank()
        || !marker.group(1).equals("Human")) {
      return turns;
    }
    boolean more = true;
    while (more) {
      String role = marker.group(1).equals("Human") ? Message.USER : Message.ASSISTANT;
      int from = marker.end();
      more = marker.find();
      int to = more ? marker.start() : dialogue.length();
      turns.add(new Message(role, dialogue.substring(from, to).strip()));
    }
    return turns;
  }

  /**
   * The files that {@link #pairs} and {@link #demonstrations} read, in their order.
   *
   * @throws InputException if the folder has no file of a subset
   */
  public static List<Path> files(Path path, List<String> subsets) {
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    List<Path> files = new ArrayList<>();
    for (String subset : subsets) {
      List<Path> found = new ArrayList<>();
      for (String ending : ENDINGS) {
        Path file = path.resolve(subset + ending);
        if (found.isEmpty() && Files.isRegularFile(file)) {
          found.add(file);
        }
      }
      if (found.isEmpty() && Files.isDirectory(path.resolve(subset))) {
        found.addAll(rowFiles(path.resolve(subset)));
      }
      if (found.isEmpty()) {
        throw new InputException(
            path
                + ": no "
                + subset
                + ".jsonl, .jsonl.gz or folder of that name (found: "
                + String.join(", ", rowFiles(path).stream().map(HhRlhf::subset).toList())
                + ")");
      }
      files.addAll(found);
    }
    return files;
  }

  private static List<Path> rowFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(f -> ENDINGS.stream().anyMatch(f.getFileName().toString()::endsWith))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder.toString(), e);
    }
  }

  /** {@code helpful-base} of {@code helpful-base.jsonl.gz} and {@code helpful-base/test.jsonl}. */
  private static String subset(Path file) {
    String name = file.getFileName().toString().replaceFirst("\\.jsonl(\\.gz)?$", "");
    Path folder = file.getParent();
    boolean isSide = name.equals("train") || name.equals("test");
    return isSide && folder != null && folder.getFileName() != null
        ? folder.getFileName().toString()
        : name;
  }
}
