package plumbline.collect;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import plumbline.collect.Writer.Question;
import plumbline.config.Key;
import plumbline.data.GrowingFile;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.text.Ngrams;
import plumbline.text.RougeL;

/**
 * New prompts of a model that is shown some (Wang et al., Self-Instruct: Aligning Language Models
 * with Self-Generated Instructions, 2023, sections 2.2 and 2.3): those of the data, and those that
 * it has made so far. One stays if it is a task in words and unlike all others.
 */
public final class InventedPrompts {
  /** The keys of making prompts. */
  public record Keys(
      @Key(doc = "the writer that makes them") String writer,
      @Key(def = "100", min = 1, doc = "prompts wanted") int prompts,
      @Key(def = "100", min = 1, doc = "most times that the writer is asked") int calls,
      @Key(def = "6", min = 1, doc = "prompts of the data that it is shown") int shown,
      @Key(def = "2", min = 0, doc = "prompts of its own that it is shown") int own,
      @Key(
              def = "0.7",
              min = 0.01,
              max = 1,
              doc = "one is left out whose ROUGE-L with another reaches this")
          double alike,
      @Key(def = "500", min = 1, doc = "prompts of the data, the first ones, that are looked at")
          int seeds) {}

  /** What one call gave: prompts that stay, and how many others went, by reason. */
  record Call(long row, List<String> prompts, Map<String, Integer> rejected) {}

  private static final int CALLS_AT_A_TIME = 16;
  private static final int NEXT_TASKS = 8;
  private static final int LEAST_WORDS = 3;
  private static final int MOST_WORDS = 150;
  private static final Pattern TASK =
      Pattern.compile("(?im)^\\s*(?:task\\s*)?\\d+\\s*[.):]\\s*(\\S.*?)\\s*$");

  /** What a model of words can neither see nor make. */
  private static final Pattern UNFIT =
      Pattern.compile(
          "(?iu)\\b(images?|pictures?|graphs?|photos?|videos?|files?|maps?|plots?|draw|flowcharts?)\\b");

  private final Path folder;
  private final Keys keys;
  private final Writer writer;
  private final long seed;
  private final List<String> ofData = new ArrayList<>();
  private final List<String> made = new ArrayList<>();
  private final List<List<String>> words = new ArrayList<>();
  private boolean begun;

  /**
   * @param folder where the log is, and what comes of it
   */
  public InventedPrompts(Path folder, Keys keys, Writer writer, long seed) {
    this.folder = folder;
    this.keys = keys;
    this.writer = writer;
    this.seed = seed;
  }

  /**
   * Makes prompts, unless they are there.
   *
   * @param data a file of prompts
   * @return a file of the new ones; none if there are none
   */
  public Stream<Path> make(Path data, FunnelListener listener) {
    Path file = folder.resolve("invented.prompts.jsonl");
    Path log = folder.resolve("invented.jsonl");
    if (!Files.exists(log)) {
      RowFiles.forEachPrompt(
          data,
          prompt -> {
            if (ofData.size() < keys.seeds()) {
              ofData.add(prompt.question());
              words.add(Ngrams.words(prompt.question()));
            }
          });
      new StepLog(log, CALLS_AT_A_TIME)
          .run(LongStream.range(0, keys.calls()).boxed(), rows -> ask(log, rows), listener);
    }
    if (!Files.exists(file)) {
      write(log, file);
    }
    return file.toFile().length() > 0 ? Stream.of(file) : Stream.empty();
  }

  /** New prompts and rejected ones, by reason, of a finished log. */
  public static Map<String, Long> counts(Path folder) {
    Map<String, Long> counts = new TreeMap<>();
    try (Stream<Call> calls = LogRows.read(folder.resolve("invented.jsonl"), Call.class)) {
      calls.forEach(
          call -> {
            counts.merge("kept", (long) call.prompts().size(), Long::sum);
            call.rejected().forEach((why, n) -> counts.merge(why, (long) n, Long::sum));
          });
    }
    return counts;
  }

  private static void write(Path log, Path file) {
    try (GrowingFile out = new GrowingFile(file);
        Stream<Call> calls = LogRows.read(log, Call.class)) {
      calls.forEach(
          call ->
              call.prompts()
                  .forEach(
                      text ->
                          RowFiles.append(
                              out,
                              new Prompt(
                                  List.of(Message.user(text)), Map.of("source", "invented")))));
      out.finish();
    }
  }

  private List<Call> ask(Path log, List<Long> rows) {
    begin(log);
    if (made.size() >= keys.prompts()) {
      return rows.stream().map(row -> new Call(row, List.of(), Map.of())).toList();
    }
    List<Question> questions =
        rows.stream().map(row -> new Question(Prompt.of(question(row)), row, 0)).toList();
    List<Optional<String>> answers = writer.write(questions);
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      calls.add(taken(rows.get(i), answers.get(i).orElse("")));
    }
    return calls;
  }

  /** What a run before this one has made is among what is shown. */
  private void begin(Path log) {
    if (!begun) {
      begun = true;
      Path growing = log.resolveSibling(log.getFileName() + StepLog.GROWING);
      try (Stream<Call> calls = LogRows.read(growing, Call.class)) {
        calls.flatMap(call -> call.prompts().stream()).forEach(this::add);
      }
    }
  }

  private void add(String text) {
    made.add(text);
    words.add(Ngrams.words(text));
  }

  private String question(long row) {
    SplittableRandom random = new SplittableRandom(seed ^ ((row + 1) * 0x9E3779B97F4A7C15L));
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < keys.shown(); i++) {
      shown.add(ofData.get(random.nextInt(ofData.size())));
    }
    for (int i = 0; i < Math.min(keys.own(), made.size()); i++) {
      shown.add(made.get(random.nextInt(made.size())));
    }
    StringBuilder text = new StringBuilder("People asked an assistant this:\n\n");
    for (int i = 0; i < shown.size(); i++) {
      text.append(i + 1).append(". ").append(shown.get(i).replaceAll("\\s+", " ")).append('\n');
    }
    return text.append("\nWrite ")
        .append(NEXT_TASKS)
        .append(
            " further requests of the same kind that differ from these and from each other, each"
                + " in one line, numbered from ")
        .append(shown.size() + 1)
        .append(" on. Write nothing else.")
        .toString();
  }

  private Call taken(long row, String answer) {
    List<String> kept = new ArrayList<>();
    Map<String, Integer> rejected = new TreeMap<>();
    List<String> tasks = TASK.matcher(answer).results().map(match -> match.group(1)).toList();
    if (tasks.isEmpty()) {
      rejected.put("no task in the answer", 1);
    }
    for (String task : tasks) {
      String reason = made.size() >= keys.prompts() ? "enough" : rejection(task);
      if (reason.isEmpty()) {
        kept.add(task);
        add(task);
      } else {
        rejected.merge(reason, 1, Integer::sum);
      }
    }
    return new Call(row, kept, rejected);
  }

  private String rejection(String task) {
    List<String> ofTask = Ngrams.words(task);
    if (ofTask.size() < LEAST_WORDS || ofTask.size() > MOST_WORDS) {
      return "length";
    }
    if (!Character.isLetterOrDigit(task.codePointAt(0))) {
      return "begins with a sign";
    }
    if (UNFIT.matcher(task).find()) {
      return "not for words";
    }
    boolean known = words.stream().anyMatch(other -> RougeL.f1(ofTask, other) >= keys.alike());
    return known ? "like another" : "";
  }
}
