package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import plumbline.InputException;
import plumbline.annotation.exchange.ExampleItems.Shown;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Questions;
import plumbline.annotation.store.AddedItems;
import plumbline.annotation.store.NewItem;
import plumbline.data.AtomicFile;
import plumbline.data.Example;
import plumbline.data.Kind;
import plumbline.data.format.Faults;
import plumbline.data.format.Format;
import plumbline.data.format.Importer;
import plumbline.data.format.Reject;
import plumbline.data.format.Row;
import plumbline.data.format.Rows;

/**
 * Files as items of a project: rows of items ({@code {"id", "messages", "responses", ..}}), or rows
 * of any format that {@code data import} reads. Rows that the project's questions cannot be asked
 * of are left out and counted.
 *
 * <p>A file is read twice, so that one with a fault that is not forgiven adds nothing.
 */
public final class ItemImport {
  /**
   * What is taken from a file.
   *
   * @param format of the rows; empty: found out
   * @param kind which rows, where a file gives several kinds; empty: all
   * @param strict whether the first row that cannot be used stops the import
   * @param gold whether what rows of pairs and rankings prefer is the right answer
   */
  public record Choice(Optional<Format> format, Optional<Kind> kind, boolean strict, boolean gold) {
    /** Everything, what cannot be used left out. */
    public static final Choice ALL = new Choice(Optional.empty(), Optional.empty(), false, false);
  }

  private static final int BATCH = 500;
  private static final int MOST_KEPT = 10_000;

  private final Path file;
  private final List<Question> questions;
  private final Choice choice;
  private final List<ObjectNode> rejects = new ArrayList<>();
  private final Map<String, Integer> reasons = new TreeMap<>();
  private Optional<String> firstReject = Optional.empty();
  private int rejected;
  private String format = "";

  private ItemImport(Path file, List<Question> questions, Choice choice) {
    this.file = file;
    this.questions = questions;
    this.choice = choice;
  }

  /**
   * Imports a file.
   *
   * @param rejectsFile takes the rows that were left out, with place and reason, where there are
   *     any; at most the first 10000
   * @param add takes the items in batches
   * @return {@code {format, items, added, already_there, rejected, reasons, first_reject?,
   *     rejects_file?}}
   * @throws InputException if the file cannot be read, no row can be used, or, if strict, at the
   *     first that cannot
   */
  public static ObjectNode run(
      Path file,
      List<Question> questions,
      Choice choice,
      Optional<Path> rejectsFile,
      Function<List<NewItem>, AddedItems> add) {
    ItemImport counting = new ItemImport(file, questions, choice);
    int[] items = new int[1];
    counting.read(item -> items[0]++);
    rejectsFile.filter(out -> counting.rejected > 0).ifPresent(counting::write);
    if (items[0] == 0) {
      throw new InputException(
          file
              + ": none of its rows can be used: "
              + counting.firstReject.orElse("it has none of kind " + choice.kind()));
    }
    Batches batches = new Batches(add);
    new ItemImport(file, questions, choice).read(batches::accept);
    batches.flush();
    ObjectNode summary = counting.summary();
    summary.put("items", items[0]).put("added", batches.added);
    summary.put("already_there", batches.alreadyThere);
    rejectsFile
        .filter(out -> counting.rejected > 0)
        .ifPresent(out -> summary.put("rejects_file", out.toString()));
    return summary;
  }

  private static final class Batches {
    private final Function<List<NewItem>, AddedItems> add;
    private final List<NewItem> waiting = new ArrayList<>();
    private int added;
    private int alreadyThere;

    Batches(Function<List<NewItem>, AddedItems> add) {
      this.add = add;
    }

    void accept(NewItem item) {
      waiting.add(item);
      if (waiting.size() == BATCH) {
        flush();
      }
    }

    void flush() {
      if (!waiting.isEmpty()) {
        AddedItems done = add.apply(List.copyOf(waiting));
        added += done.added();
        alreadyThere += done.alreadyThere().size();
        waiting.clear();
      }
    }
  }

  private void read(Consumer<NewItem> items) {
    boolean isTasks =
        choice.format().isEmpty() && Rows.first(file).filter(TaskRows::isTask).isPresent();
    if (isTasks) {
      format = "items";
      TaskRows rows = new TaskRows(questions);
      Rows.read(file, (Row row) -> items.accept(rows.item(row)), this::reject);
    } else {
      examples(items);
    }
  }

  private void examples(Consumer<NewItem> items) {
    ExampleItems maker = new ExampleItems(questions, choice.gold());
    Grouping grouping = new Grouping(shown -> give(maker, shown, items));
    Importer importer =
        new Importer(choice.format(), Map.of(), choice.strict() ? Faults.STOP : Faults.COUNT);
    Importer.Receiver receiver =
        new Importer.Receiver() {
          @Override
          public void accept(Example example) {
            if (choice.kind().isEmpty() || choice.kind().get() == example.kind()) {
              grouping.accept(example);
            }
          }

          @Override
          public void reject(Reject reject, String nearest) {
            ItemImport.this.reject(reject);
          }
        };
    format =
        importer.read(List.of(file), receiver, (bytes, total, rows) -> {}).get("format").asText();
    grouping.finish();
  }

  private void give(ExampleItems maker, Shown shown, Consumer<NewItem> items) {
    Optional<String> unfit = Questions.unfit(questions, shown.responses().size());
    if (unfit.isEmpty()) {
      items.accept(maker.item(shown));
      return;
    }
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.set("prompt", ItemJson.messages(shown.prompt().messages()));
    String line = shown.prompt().meta().getOrDefault("line", "0");
    reject(
        new Reject(
            file,
            line.matches("\\d{1,9}") ? Integer.parseInt(line) : 0,
            unfit.get(),
            "",
            false,
            row));
  }

  /** Puts rows with one response to the same prompt together where the questions want several. */
  private final class Grouping {
    private final Consumer<Shown> out;
    private final boolean wantsSeveral =
        questions.stream().anyMatch(question -> question.leastResponses() > 1);
    private Optional<Shown> open = Optional.empty();

    Grouping(Consumer<Shown> out) {
      this.out = out;
    }

    void accept(Example example) {
      Shown shown = ExampleItems.shown(example);
      boolean isSingle = wantsSeveral && shown.responses().size() == 1;
      boolean continues =
          isSingle
              && open.isPresent()
              && open.get().prompt().messages().equals(shown.prompt().messages());
      if (!continues) {
        finish();
      }
      if (isSingle) {
        open = Optional.of(continues ? ExampleItems.together(open.get(), shown) : shown);
      } else {
        out.accept(shown);
      }
    }

    void finish() {
      open.ifPresent(out);
      open = Optional.empty();
    }
  }

  private void reject(Reject reject) {
    if (choice.strict()) {
      throw new InputException(reject.toString());
    }
    rejected++;
    reasons.merge(reject.counted(), 1, Integer::sum);
    firstReject = firstReject.or(() -> Optional.of(reject.toString()));
    if (rejects.size() < MOST_KEPT) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      line.put("file", reject.file().toString()).put("line", reject.line());
      line.put("reason", reject.reason()).put("found", reject.found());
      rejects.add(line.set("row", reject.row()));
    }
  }

  private void write(Path out) {
    AtomicFile.write(
        out,
        stream -> {
          for (JsonNode line : rejects) {
            stream.write((line + "\n").getBytes(StandardCharsets.UTF_8));
          }
        });
  }

  private ObjectNode summary() {
    ObjectNode summary = JsonNodeFactory.instance.objectNode().put("format", format);
    summary.put("rejected", rejected);
    ObjectNode counts = summary.putObject("reasons");
    reasons.forEach(counts::put);
    firstReject.ifPresent(first -> summary.put("first_reject", first));
    return summary;
  }
}
