package plumbline.web.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.UploadedFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.VoteTies;
import plumbline.annotation.exchange.Export;
import plumbline.annotation.exchange.ItemImport;
import plumbline.annotation.exchange.ProjectVotes;
import plumbline.annotation.exchange.Shape;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.ItemState;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;

/** What goes in and what comes out of a project. */
final class DataPages {
  /** Ends of names that say how a file is read; nothing else of a name is used. */
  private static final Pattern ENDING =
      Pattern.compile("\\.(jsonl|ndjson|json|csv|tsv|parquet)(\\.gz)?$");

  private final Site site;

  /**
   * @param result of the import that was just done; empty
   * @param wrong why it was not done; empty
   */
  record DataView(Map<ItemState, Integer> counts, List<String> result, String wrong) {
    List<Shape> shapes() {
      return List.of(Shape.values());
    }

    List<String> methods() {
      return Stream.of(MergeMethod.values()).map(DataPages::key).toList();
    }

    int items() {
      return counts.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  DataPages(Site site) {
    this.site = site;
  }

  void show(Context context) {
    show(context, site.project(context, Role.ADMIN), List.of(), "");
  }

  private void show(Context context, Project project, List<String> result, String wrong) {
    DataView view = new DataView(site.store().items().countByState(project.id()), result, wrong);
    Shell shell = site.shell(context, project, "Data", "admin/data");
    site.show(context, "adminData", shell, view);
  }

  // ---- in

  void take(Context context) {
    Project project = site.project(context, Role.ADMIN);
    UploadedFile upload = context.uploadedFile("file");
    if (upload == null || upload.size() == 0) {
      throw Refused.malformed("Choose a file that is not empty.");
    }
    String ending = ending(upload.filename());
    Fields fields = Fields.of(context);
    Actor actor = Visitor.of(context).actor();
    try {
      show(context, project, told(run(actor, project, upload, ending, fields)), "");
    } catch (InputException e) {
      context.status(HttpStatus.UNPROCESSABLE_CONTENT);
      show(context, project, List.of(), e.getMessage());
    }
  }

  private static String ending(String name) {
    if (name.contains("/") || name.contains("\\") || name.contains("..")) {
      throw new Refused(
          HttpStatus.BAD_REQUEST, "file_name", "A file's name does not say where it lies.");
    }
    Matcher matcher = ENDING.matcher(name.toLowerCase(Locale.ROOT));
    if (!matcher.find()) {
      throw Refused.malformed(
          "Files end in .jsonl, .json, .csv, .tsv or .parquet, with .gz behind it or without.");
    }
    return matcher.group();
  }

  private ObjectNode run(
      Actor actor, Project project, UploadedFile upload, String ending, Fields fields) {
    try {
      Path file = Files.createTempFile("plumbline-upload-", ending);
      try (InputStream in = upload.content()) {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        ItemImport.Choice choice =
            new ItemImport.Choice(
                Optional.empty(), Optional.empty(), fields.on("strict"), fields.on("gold"));
        return ItemImport.run(
            file,
            site.questions(project),
            choice,
            Optional.empty(),
            batch -> site.store().items().add(actor, project.id(), batch.iterator()));
      } catch (InputException e) {
        String told = e.getMessage().replace(file.toString(), "the file");
        throw new InputException(told.replace(file.getFileName().toString(), "the file"), e);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> told(JsonNode summary) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%d items added, %d were there already, %d rows left out (format: %s)."
            .formatted(
                summary.path("added").asInt(),
                summary.path("already_there").asInt(),
                summary.path("rejected").asInt(),
                summary.path("format").asText()));
    summary
        .path("reasons")
        .properties()
        .forEach(reason -> lines.add(reason.getValue().asText() + " × " + reason.getKey()));
    return lines;
  }

  // ---- out

  /** A whole file, of the votes as they are at this moment. */
  void export(Context context) {
    Project project = site.project(context, Role.ADMIN);
    Shape shape = Shape.of(asked(context, "as", Shape.VOTES.key()));
    Export.Choice choice =
        new Export.Choice(
            shape,
            Optional.empty(),
            method(asked(context, "method", key(MergeMethod.TIDEMAN))),
            asked(context, "ties", "").equals(key(VoteTies.SLOT_ORDER))
                ? VoteTies.SLOT_ORDER
                : VoteTies.HALF,
            asked(context, "each", "").equals("yes"),
            Optional.empty());
    Export.check(site.questions(project), choice);
    try {
      send(context, project, choice);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ObjectNode detail = JsonNodeFactory.instance.objectNode().put("as", shape.key());
    Actor actor = Visitor.of(context).actor();
    site.store().audit().write(actor, "project.export", "project " + project.id(), detail);
  }

  private void send(Context context, Project project, Export.Choice choice) throws IOException {
    Path file = Files.createTempFile("plumbline-export-", ".jsonl");
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
        Export.write(ProjectVotes.now(site.store(), project), choice, out);
      }
      boolean list = choice.shape().isList();
      String name = project.slug() + "-" + choice.shape().key() + (list ? ".json" : ".jsonl");
      context.header("Content-Disposition", "attachment; filename=\"" + name + "\"");
      context.contentType(list ? "application/json" : "application/x-ndjson");
      context.result(Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE));
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  private static String asked(Context context, String name, String otherwise) {
    return Optional.ofNullable(context.queryParam(name)).orElse(otherwise);
  }

  private static MergeMethod method(String key) {
    return Stream.of(MergeMethod.values())
        .filter(method -> key(method).equals(key))
        .findFirst()
        .orElseThrow(() -> Refused.malformed("There is no such way to merge."));
  }

  private static String key(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
