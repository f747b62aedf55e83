package plumbline.annotation.exchange;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.InputException;
import plumbline.config.Nearest;
import plumbline.data.Kind;

/** What an export holds. */
public enum Shape {
  /** An item a row with every vote, also superseded ones: what label merge and agreement read. */
  VOTES("every vote with its order, guidelines and history, an item a row"),
  /** Items as an import takes them. */
  ITEMS("the items without votes, as an import takes them"),
  /** An item a row with what its votes say together. */
  MERGED("what the votes of an item say together, an item a row"),
  PAIRS("pairs"),
  RANKINGS("rankings"),
  RATINGS("ratings"),
  DEMONSTRATIONS("corrected answers"),
  PROMPTS("prompts that people wrote"),
  TRL("rows of one kind as TRL's data set types"),
  OASST("all rows as message trees"),
  ARGILLA("a record per item with everybody's answers"),
  LABEL_STUDIO("a task per item with everybody's answers, one JSON list");

  private final String description;

  Shape(String description) {
    this.description = description;
  }

  /** {@code label-studio}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A phrase for people. */
  public String description() {
    return description;
  }

  /** The keys of all. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(Shape::key).toList();
  }

  /**
   * The shape of a key.
   *
   * @throws InputException if there is none
   */
  public static Shape of(String key) {
    return Arrays.stream(values())
        .filter(shape -> shape.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException("there is no export '" + key + "'" + Nearest.hint(key, keys())));
  }

  /** The kind of rows that this alone holds. */
  Optional<Kind> kind() {
    return Kind.of(key());
  }

  /** Whether the export is one JSON list, not a row per line. */
  public boolean isList() {
    return this == LABEL_STUDIO;
  }
}
