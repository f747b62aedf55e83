package plumbline.annotation.exchange;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.VoteTies;
import plumbline.annotation.form.LabelledItem;
import plumbline.annotation.form.Question;
import plumbline.annotation.form.Question.Likert;
import plumbline.annotation.form.Question.Pairwise;
import plumbline.annotation.form.Question.Ranking;
import plumbline.config.Nearest;
import plumbline.data.Example;
import plumbline.data.Kind;
import plumbline.data.format.Formats;
import plumbline.data.format.Row;
import plumbline.data.format.RowException;
import plumbline.data.format.RowFiles;
import plumbline.data.format.RowWriter;

/** A project's votes and what they become, as others read it. */
public final class Export {
  /**
   * What to write.
   *
   * @param question only what was answered to this one; empty: to all
   * @param method how rankings become one
   * @param ties what a tie within a vote is worth
   * @param each whether each person's votes are rows, instead of what all say together
   * @param kind of rows, for {@link Shape#TRL}; empty: the first that the questions give
   */
  public record Choice(
      Shape shape,
      Optional<String> question,
      MergeMethod method,
      VoteTies ties,
      boolean each,
      Optional<Kind> kind) {
    /** What all say together, by Tideman's method, ties counting half. */
    public static Choice of(Shape shape) {
      return new Choice(
          shape, Optional.empty(), MergeMethod.TIDEMAN, VoteTies.HALF, false, Optional.empty());
    }
  }

  private static final List<Kind> KINDS =
      List.of(Kind.PAIRS, Kind.RATINGS, Kind.DEMONSTRATIONS, Kind.PROMPTS);

  private final ProjectVotes votes;
  private final Choice choice;
  private final List<Question> questions;
  private final OutputStream out;
  private final Map<String, Integer> reasons = new TreeMap<>();
  private int rows;

  private Export(ProjectVotes votes, Choice choice, OutputStream out) {
    this.votes = votes;
    this.choice = choice;
    this.questions = asked(votes.questions(), choice.question());
    this.out = out;
  }

  /**
   * Writes an export, a row per line or one list.
   *
   * @return {@code {project, as, rows, rejected, reasons, unreadable_votes}}: rows written, rows
   *     that the shape cannot express with why, votes that do not fit the questions any more
   * @throws InputException if there is no such question, or none that gives such rows
   */
  public static ObjectNode write(ProjectVotes votes, Choice choice, OutputStream out)
      throws IOException {
    Export export = new Export(votes, choice, out);
    try {
      export.write();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    ObjectNode summary = JsonNodeFactory.instance.objectNode();
    summary.put("project", votes.project().slug()).put("as", choice.shape().key());
    summary.put("rows", export.rows);
    summary.put("rejected", export.reasons.values().stream().mapToInt(count -> count).sum());
    ObjectNode reasons = summary.putObject("reasons");
    export.reasons.forEach(reasons::put);
    return summary.put("unreadable_votes", votes.unreadable());
  }

  /**
   * Says whether an export can be written, before anything is.
   *
   * @throws InputException as {@link #write}
   */
  public static void check(List<Question> questions, Choice choice) {
    List<Question> asked = asked(questions, choice.question());
    if (choice.shape().kind().isPresent() || choice.shape() == Shape.TRL) {
      kind(asked, choice);
    }
  }

  private static List<Question> asked(List<Question> questions, Optional<String> id) {
    if (id.isEmpty()) {
      return questions;
    }
    List<String> known = questions.stream().map(Question::id).toList();
    List<Question> asked = questions.stream().filter(one -> one.id().equals(id.get())).toList();
    if (asked.isEmpty()) {
      throw new InputException(
          "there is no question '" + id.get() + "'" + Nearest.hint(id.get(), known));
    }
    return asked;
  }

  private void write() throws IOException {
    if (choice.shape().isList()) {
      out.write("[\n".getBytes(StandardCharsets.UTF_8));
    }
    switch (choice.shape()) {
      case VOTES -> new VoteRows(votes, ranking()).forEach(this::row);
      case ITEMS -> votes.forEach((item, all) -> row(ItemJson.task(item)));
      case MERGED -> {
        MergedRows merged = new MergedRows(questions, choice.method(), choice.ties());
        votes.forEachLabelled(item -> row(merged.row(item)));
      }
      case ARGILLA -> {
        ToolRecords records = new ToolRecords(questions);
        votes.forEachLabelled(item -> row(records.argilla(item)));
      }
      case LABEL_STUDIO -> {
        ToolRecords records = new ToolRecords(questions);
        votes.forEachLabelled(item -> row(records.labelStudio(item)));
      }
      case TRL, OASST -> formatted();
      case PAIRS, RANKINGS, RATINGS, DEMONSTRATIONS, PROMPTS -> {
        Kind kind = kind(questions, choice);
        votes.forEachLabelled(
            item -> examples(item, kind).forEach(example -> row(RowFiles.json(example))));
      }
    }
    if (choice.shape().isList()) {
      out.write("]\n".getBytes(StandardCharsets.UTF_8));
    }
  }

  private Optional<Question> ranking() {
    return questions.stream()
        .filter(one -> one instanceof Pairwise || one instanceof Ranking)
        .findFirst();
  }

  private void formatted() {
    RowWriter writer = Formats.named(choice.shape().key()).writer().orElseThrow();
    List<Kind> kinds =
        choice.shape() == Shape.TRL
            ? List.of(kind(questions, choice))
            : List.of(Kind.RANKINGS, Kind.RATINGS, Kind.DEMONSTRATIONS, Kind.PROMPTS);
    votes.forEachLabelled(
        item -> {
          for (Kind kind : kinds) {
            examples(item, kind).forEach(example -> formatted(writer, example));
          }
        });
    writer.finish(this::row);
  }

  private void formatted(RowWriter writer, Example example) {
    Row place = new Row(RowFiles.json(example), Path.of("item"), rows + 1);
    try {
      writer.write(place, example, this::row);
    } catch (RowException e) {
      reasons.merge(e.reject().counted(), 1, Integer::sum);
    }
  }

  /** The kind of the shape; of TRL's the one chosen, or the first that the questions give. */
  private static Kind kind(List<Question> questions, Choice choice) {
    if (choice.shape() == Shape.TRL && choice.kind().isEmpty()) {
      return KINDS.stream()
          .filter(kind -> questions.stream().anyMatch(one -> gives(one, kind)))
          .findFirst()
          .orElseThrow(() -> new InputException("comments alone give no rows for TRL"));
    }
    Kind kind = choice.shape().kind().or(choice::kind).orElseThrow();
    if (questions.stream().noneMatch(question -> gives(question, kind))) {
      String asked =
          String.join(", ", questions.stream().map(one -> one.id() + " " + one.type()).toList());
      throw new InputException("no question gives " + kind.plural() + "; asked: " + asked);
    }
    return kind;
  }

  private static boolean gives(Question question, Kind kind) {
    return switch (kind) {
      case PAIRS, RANKINGS -> question instanceof Pairwise || question instanceof Ranking;
      case RATINGS -> question instanceof Likert;
      case DEMONSTRATIONS -> question instanceof Question.Edit;
      case PROMPTS -> question instanceof Question.Writing;
      case DIALOGUES -> false;
    };
  }

  private List<Example> examples(LabelledItem item, Kind kind) {
    List<Example> examples = new ArrayList<>();
    for (Question question : questions) {
      if (gives(question, kind)) {
        examples(item, question, kind).forEach(examples::add);
      }
    }
    return examples;
  }

  private Stream<? extends Example> examples(LabelledItem item, Question question, Kind kind) {
    return switch (kind) {
      case PAIRS ->
          (choice.each()
                  ? item.pairs(question)
                  : item.mergedPairs(question, choice.method(), choice.ties()))
              .stream();
      case RANKINGS ->
          choice.each()
              ? item.rankings(question).stream()
              : item.merged(question, choice.method(), choice.ties()).stream();
      case RATINGS ->
          (choice.each() ? item.ratings(question) : item.mergedRatings(question)).stream();
      case DEMONSTRATIONS -> item.demonstrations(question).stream();
      case PROMPTS -> item.prompts(question).stream();
      case DIALOGUES -> Stream.empty();
    };
  }

  private void row(ObjectNode row) {
    try {
      if (choice.shape().isList() && rows > 0) {
        out.write(",\n".getBytes(StandardCharsets.UTF_8));
      }
      RowFiles.writeLine(row, out);
      rows++;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
