package plumbline.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.annotation.form.AnswerLikeness;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.StoreConfig;
import plumbline.config.Nearest;

/** Which database the labelling projects are in. */
final class DatabaseOption {
  private static final String DEFAULT = "labels";

  @Option(
      names = "--db",
      paramLabel = "DIR|URL",
      description =
          "A folder for SQLite, or jdbc:postgresql://HOST/NAME with user and password in"
              + " PLUMBLINE_LABEL_DB_USER and PLUMBLINE_LABEL_DB_PASSWORD; default: labels.")
  String database = DEFAULT;

  StoreConfig config(Console console) {
    StoreConfig config =
        database.startsWith("jdbc:")
            ? StoreConfig.of(database, console.environment())
            : StoreConfig.sqlite(Path.of(database));
    return config.withAnswers(new AnswerLikeness());
  }

  /** Makes the folder of SQLite where there is none yet. */
  void makeFolder() {
    if (!database.startsWith("jdbc:")) {
      try {
        Files.createDirectories(Path.of(database));
      } catch (IOException e) {
        throw new InputException(database + ": the folder cannot be made: " + e.getMessage(), e);
      }
    }
  }

  LabelStore open(Console console) {
    return LabelStore.open(config(console));
  }

  /** The project of a name. */
  Project project(LabelStore store, String slug) {
    return store
        .projects()
        .bySlug(slug)
        .orElseThrow(
            () ->
                new InputException(
                    database
                        + ": there is no project '"
                        + slug
                        + "'"
                        + Nearest.hint(
                            slug, store.projects().list().stream().map(Project::slug).toList())));
  }
}
