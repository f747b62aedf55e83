package plumbline.hub;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model repository of a hub, written {@code org/name} or {@code org/name@revision}.
 *
 * @param name organisation and name, with one slash between them
 * @param revision a branch, a tag or a commit
 */
public record Repository(String name, String revision) {
  static final String DEFAULT_REVISION = "main";

  private static final String WORD = "\\w[\\w.-]*";
  private static final String REVISION = "[\\w+][\\w.+-]*";
  private static final Pattern WRITTEN =
      Pattern.compile(
          "(?<name>"
              + WORD
              + "/"
              + WORD
              + ")(@(?<revision>"
              + REVISION
              + "(/"
              + REVISION
              + ")*))?");

  /** A folder as {@link HubCache} lays it out. */
  private static final Pattern SNAPSHOT =
      Pattern.compile(
          "(.*/)?models--(?<organisation>"
              + WORD
              + "?)--(?<name>"
              + WORD
              + ")/snapshots/(?<commit>[0-9a-f]{40})");

  /** The repository that a text names, if it has the form of one. */
  public static Optional<Repository> parse(String text) {
    Matcher written = WRITTEN.matcher(text);
    if (!written.matches()) {
      return Optional.empty();
    }
    String name = written.group("name");
    String revision =
        written.group("revision") == null ? DEFAULT_REVISION : written.group("revision");
    // "--" stands for the slash in the cache; ".." must not lead out of it.
    return name.contains("--") || text.contains("..")
        ? Optional.empty()
        : Optional.of(new Repository(name, revision));
  }

  /** The repository whose snapshot a folder is, in the cache that all its users share. */
  public static Optional<Repository> ofSnapshot(Path folder) {
    Matcher place = SNAPSHOT.matcher(folder.normalize().toString().replace('\\', '/'));
    return place.matches()
        ? Optional.of(
            new Repository(
                place.group("organisation") + "/" + place.group("name"), place.group("commit")))
        : Optional.empty();
  }

  String organisation() {
    return name.substring(0, name.indexOf('/'));
  }

  /** As it is written. */
  @Override
  public String toString() {
    return revision.equals(DEFAULT_REVISION) ? name : name + "@" + revision;
  }
}
