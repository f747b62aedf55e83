package plumbline.collect;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import plumbline.config.Key;
import plumbline.data.GrowingFile;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.judge.Judge;
import plumbline.score.Scorer;

/**
 * The logs of a collection in a folder, and the steps that write them (A Comprehensive Preference
 * Data Collection Framework for Reward Modeling, 2024, arXiv:2406.16486): each reads the log of the
 * one before row by row and does nothing where its own is whole.
 *
 * <p>{@code prompts.jsonl} the pool, {@code answers.jsonl} two answers to each with their scores,
 * {@code responses.jsonl} several answers to each that stayed, {@code ratings.jsonl} the same with
 * stars, {@code orders.jsonl} some pairs compared in both orders, {@code tasks.jsonl} what people
 * are asked, {@code labels.jsonl} what they said.
 */
public final class Funnel {
  /** The keys of the steps. */
  public record Keys(
      @Key(def = "2000", min = 1, doc = "most prompts of the pool, drawn evenly over categories")
          int prompts,
      @Key HardPrompts.Keys hard,
      @Key Responses.Keys pairing,
      @Key StarRule ratings,
      @Key(
              def = "0",
              min = 0,
              max = 1,
              doc = "share of the pairs that stay, compared in both orders")
          double orders,
      @Key(def = "256", min = 1, doc = "prompts in memory at a time") int part) {
    /** The pairs that the pool stands for. */
    public long candidates() {
      return (long) prompts * pairing.pairsPerPrompt();
    }
  }

  /** A model and how many answers it gives to each prompt. */
  public record Source(Writer writer, int samples) {}

  /** The steps that have a log and need models. */
  public enum Step {
    /** Two models answer, a proxy scores. */
    ANSWERS,
    /** Several models answer. */
    RESPONSES,
    /** Judges rate. */
    RATINGS,
    /** A judge compares in both orders. */
    ORDERS
  }

  private final Path folder;
  private final Keys keys;
  private final long seed;
  private final Function<String, FunnelListener> progress;

  /**
   * @param folder where the logs are
   * @param seed decides what is drawn
   * @param progress gives the listener of a step
   */
  public Funnel(Path folder, Keys keys, long seed, Function<String, FunnelListener> progress) {
    this.folder = folder;
    this.keys = keys;
    this.seed = seed;
    this.progress = progress;
  }

  /** Whether a step's log is whole. */
  public boolean isDone(Step step) {
    return Files.exists(log(step));
  }

  private Path log(Step step) {
    return file(step.name().toLowerCase(Locale.ROOT) + ".jsonl");
  }

  Path file(String name) {
    return folder.resolve(name);
  }

  Keys keys() {
    return keys;
  }

  long seed() {
    return seed;
  }

  /**
   * Draws the pool.
   *
   * @param sources files of prompts
   * @param category what prompts are balanced by, and rated by
   * @return prompts by category
   */
  public Map<String, Long> pool(List<Path> sources, Function<Prompt, String> category) {
    return new Pool(sources, category, keys.prompts(), seed).draw(pool());
  }

  private Path pool() {
    return file("prompts.jsonl");
  }

  /** Two answers to every prompt of the pool. */
  public void answers(Writer ours, Writer strong, Scorer proxy) {
    run(Step.ANSWERS, Pool.read(pool()), new HardPrompts(ours, strong, proxy)::answer);
  }

  /** What a prompt's gain must exceed. */
  double epsilon() {
    return HardPrompts.epsilon(log(Step.ANSWERS), keys.hard());
  }

  /** Several answers to every prompt that is hard, and pairs of them. */
  public void responses(List<Source> sources) {
    if (!isDone(Step.RESPONSES)) {
      double epsilon = epsilon();
      Stream<PoolPrompt> hard =
          hardPrompts()
              .filter(row -> HardPrompts.lost(row, epsilon).isEmpty())
              .map(HardPrompt::asked);
      run(Step.RESPONSES, hard, new Responses(sources, keys.pairing(), seed)::answer);
    }
  }

  Stream<HardPrompt> hardPrompts() {
    return HardPrompts.read(log(Step.ANSWERS));
  }

  Stream<Answered> answered() {
    return Responses.read(log(Step.RESPONSES));
  }

  /** Every judge's stars for every answer that stands in a pair. */
  public void ratings(List<Judge> judges) {
    run(Step.RATINGS, answered(), new StarRatings(judges)::rate);
  }

  /** All pairs with their stars, kept or not. */
  Stream<Candidate> rated() {
    return Responses.read(log(Step.RATINGS)).flatMap(Answered::candidates).map(Candidate::oriented);
  }

  /**
   * Every answer that was rated.
   *
   * @param reader hears of each judge's stars, 0 where they cannot be read
   */
  public void stars(Consumer<List<Integer>> reader) {
    forEach(
        Responses.read(log(Step.RATINGS)),
        row ->
            row.answers().stream()
                .map(Answer::stars)
                .filter(stars -> !stars.isEmpty())
                .forEach(reader));
  }

  /** The pairs that the judges' stars leave. */
  Stream<Candidate> kept() {
    return rated().filter(pair -> keys.ratings().lost(pair).isEmpty());
  }

  /** Some of the pairs that stay, compared in both orders. */
  public void orders(Judge judge) {
    run(
        Step.ORDERS,
        kept().filter(pair -> OrderEffects.draws(pair, keys.orders())),
        pairs -> OrderEffects.compare(judge, pairs));
  }

  OrderEffects.Effect orderEffects() {
    return OrderEffects.of(log(Step.ORDERS));
  }

  private <I, O> void run(Step step, Stream<I> rows, StepLog.Work<I, O> work) {
    new StepLog(log(step), keys.part())
        .run(rows, work, progress.apply(step.name().toLowerCase(Locale.ROOT)));
  }

  /**
   * Writes what people are asked: a task for each pair that stays, tasks of known answer among
   * them.
   *
   * @param known pairs whose order is beyond doubt
   * @param overlap people per task
   * @return the file
   */
  public Path tasks(List<PreferencePair> known, int overlap) {
    Path file = file("tasks.jsonl");
    if (Files.exists(file)) {
      return file;
    }
    long pairs = count(kept(), pair -> 1);
    long every = Math.max(1, pairs / Math.max(1, known.size()));
    long[] written = new long[2];
    try (GrowingFile out = new GrowingFile(file);
        Stream<Candidate> rows = kept()) {
      rows.forEach(
          pair -> {
            append(out, LabelTask.of(pair, overlap));
            if (++written[0] % every == 0 && written[1] < known.size()) {
              int number = (int) ++written[1];
              append(out, LabelTask.known(number, known.get(number - 1), overlap));
            }
          });
      out.finish();
    }
    return file;
  }

  static void append(GrowingFile out, Object row) {
    byte[] line = LogRows.line(row);
    out.append(stream -> stream.write(line));
  }

  static <T> long count(Stream<T> rows, ToLongFunction<T> of) {
    try (rows) {
      return rows.mapToLong(of).sum();
    }
  }

  /** Where the votes of simulated people are kept. */
  public Path labels() {
    return file("labels.jsonl");
  }

  /**
   * Writes what people said of the tasks, unless it is there.
   *
   * @param label what became of a task; called for each that has no known answer, in their order
   */
  public void labels(Path tasks, Function<LabelTask, PeopleLabel> label) {
    if (!Files.exists(labels())) {
      try (GrowingFile out = new GrowingFile(labels());
          Stream<LabelTask> rows = LabelTask.read(tasks)) {
        rows.filter(task -> !task.isKnown()).forEach(task -> append(out, label.apply(task)));
        out.finish();
      }
    }
  }

  /** The pairs that the judges left, each with what people said of it. */
  void labelled(BiConsumer<Candidate, PeopleLabel> reader) {
    try (Stream<PeopleLabel> said = LogRows.read(labels(), PeopleLabel.class);
        Stream<Candidate> pairs = kept()) {
      Iterator<PeopleLabel> labels = said.iterator();
      pairs.forEach(
          pair -> {
            PeopleLabel label = labels.next();
            if (!label.id().equals(pair.id())) {
              throw new IllegalStateException(
                  labels() + ": " + label.id() + " stands where " + pair.id() + " is wanted");
            }
            reader.accept(pair, label);
          });
    }
  }

  boolean isLabelled() {
    return Files.exists(labels());
  }

  static <T> void forEach(Stream<T> rows, Consumer<T> reader) {
    try (rows) {
      rows.forEach(reader);
    }
  }
}
