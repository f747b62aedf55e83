package plumbline.web.label.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import plumbline.InputException;
import plumbline.annotation.MergeMethod;
import plumbline.annotation.VoteTies;
import plumbline.annotation.exchange.Export;
import plumbline.annotation.exchange.ItemImport;
import plumbline.annotation.exchange.ProjectVotes;
import plumbline.annotation.exchange.Shape;
import plumbline.annotation.store.Item;
import plumbline.annotation.store.ItemState;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.data.Kind;
import plumbline.data.format.Formats;

/** Items in, votes and what they become out. */
final class DataEndpoints {
  private static final int BUFFER = 1 << 16;
  private static final int[] GZIP = {0x1f, 0x8b};

  private final long largestUpload;

  DataEndpoints(long largestUpload) {
    this.largestUpload = largestUpload;
  }

  List<Endpoint> all() {
    return List.of(
        Endpoint.of(
                HandlerType.GET,
                "/projects/{project}/items",
                Role.REVIEWER,
                "Items in the order in which they were added.",
                "Items",
                DataEndpoints::items)
            .with("state", "string", "open, done, discarded, review or adjudicated")
            .with("after", "integer", "only items with larger numbers")
            .with("limit", "integer", "how many, up to 1000; default: 100"),
        Endpoint.of(
                HandlerType.POST,
                "/projects/{project}/items",
                Role.ADMIN,
                "Adds the items of a file: JSON Lines, or JSON or CSV by Content-Type.",
                "Imported",
                this::add)
            .taking(Endpoint.ROWS)
            .with("format", "string", "of the rows; default: found out")
            .with("kind", "string", "take rows of this kind only")
            .with("gold", "boolean", "what pairs and rankings prefer is the right answer")
            .with("strict", "boolean", "add nothing if a row cannot be used"),
        Endpoint.of(
            HandlerType.GET,
            "/projects/{project}/items/{item}",
            Role.REVIEWER,
            "An item by the id it was imported with.",
            "Item",
            DataEndpoints::item),
        Endpoint.of(
                HandlerType.GET,
                "/projects/{project}/export",
                Role.REVIEWER,
                "Votes, or what they become, as they are at this moment; a row a line.",
                Endpoint.ROWS,
                DataEndpoints::export)
            .with("as", "string", String.join(", ", Shape.keys()))
            .with("question", "string", "only what was answered to it")
            .with("method", "string", "tideman, borda, kemeny, bradley_terry or majority")
            .with("ties", "string", "half or slot_order")
            .with("each", "boolean", "a row per person's vote instead of what all say together")
            .with("kind", "string", "of the rows, for trl"));
  }

  private static Object items(Call call) {
    Project project = call.project();
    Optional<ItemState> state =
        call.query("state").map(key -> constant(ItemState.values(), "state", key));
    List<Item> items =
        call.store().items().page(project.id(), state, call.number("after", 0), call.limit());
    ObjectNode body = Call.JSON.createObjectNode();
    return body.set("items", ApiJson.list(items.stream().map(ApiJson::item).toList()));
  }

  private static Object item(Call call) {
    return call.store()
        .items()
        .byExternalId(call.project().id(), call.context().pathParam("item"))
        .map(ApiJson::item)
        .orElseThrow(ApiRefusal::notFound);
  }

  private static <E extends Enum<E>> E constant(E[] values, String name, String key) {
    String wanted = key.toLowerCase(Locale.ROOT).replace('-', '_');
    return Arrays.stream(values)
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                ApiRefusal.malformed(
                    "'"
                        + name
                        + "' is wanted as one of "
                        + Arrays.toString(values).toLowerCase(Locale.ROOT)));
  }

  private static Optional<Kind> kind(Call call) {
    return call.query("kind").map(key -> constant(Kind.values(), "kind", key));
  }

  // ---- in

  private Object add(Call call) throws IOException {
    Project project = call.project();
    ItemImport.Choice choice =
        new ItemImport.Choice(
            call.query("format").map(Formats::named),
            kind(call),
            call.flag("strict"),
            call.flag("gold"));
    // A folder of its own: readers of some formats look at what lies beside a file.
    Path folder = Files.createTempDirectory("plumbline-import");
    Path file = folder.resolve("body" + ending(call));
    try {
      receive(call.context().bodyInputStream(), file);
      ObjectNode summary =
          ItemImport.run(
              file,
              Call.questions(project),
              choice,
              Optional.empty(),
              items -> call.store().items().add(call.actor(), project.id(), items.iterator()));
      if (summary.has("first_reject")) {
        summary.put("first_reject", plain(summary.get("first_reject").asText(), folder));
      }
      return summary;
    } catch (InputException e) {
      throw new ApiRefusal(HttpStatus.UNPROCESSABLE_CONTENT, "rows", plain(e.getMessage(), folder));
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }

  /** Without what this machine's folders are called. */
  private static String plain(String message, Path folder) {
    return message.replace(folder + folder.getFileSystem().getSeparator(), "");
  }

  private static String ending(Call call) {
    String type =
        Optional.ofNullable(call.context().contentType()).orElse("").replaceFirst(";.*", "");
    return switch (type.strip()) {
      case "application/json" -> ".json";
      case "text/csv" -> ".csv";
      default -> ".jsonl";
    };
  }

  /** Not more than allowed, whatever the request says of its length, and nothing packed. */
  private void receive(InputStream in, Path file) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long left = largestUpload;
    boolean isFirst = true;
    try (OutputStream out = Files.newOutputStream(file)) {
      for (int read = in.readNBytes(buffer, 0, BUFFER);
          read > 0;
          read = in.readNBytes(buffer, 0, BUFFER)) {
        left -= read;
        if (left < 0) {
          throw new ApiRefusal(
              HttpStatus.CONTENT_TOO_LARGE,
              "too_large",
              "The rows are longer than " + (largestUpload >> 20) + " MiB.");
        }
        boolean isPacked =
            read > 1 && (buffer[0] & 0xff) == GZIP[0] && (buffer[1] & 0xff) == GZIP[1];
        if (isFirst && isPacked) {
          throw new ApiRefusal(
              HttpStatus.UNSUPPORTED_MEDIA_TYPE, "packed", "Wanted plain text, found gzip.");
        }
        isFirst = false;
        out.write(buffer, 0, read);
      }
    }
  }

  // ---- out

  private static Object export(Call call) throws IOException {
    Project project = call.project();
    Export.Choice choice =
        new Export.Choice(
            Shape.of(call.query("as").orElse(Shape.VOTES.key())),
            call.query("question"),
            call.query("method")
                .map(key -> constant(MergeMethod.values(), "method", key))
                .orElse(MergeMethod.TIDEMAN),
            call.query("ties")
                .map(key -> constant(VoteTies.values(), "ties", key))
                .orElse(VoteTies.HALF),
            call.flag("each"),
            kind(call));
    Export.check(Call.questions(project), choice);
    String ending = choice.shape().isList() ? ".json" : ".jsonl";
    call.context()
        .contentType(choice.shape().isList() ? "application/json" : "application/x-ndjson")
        .header(
            "Content-Disposition",
            "attachment; filename=\""
                + project.slug()
                + "-"
                + choice.shape().key()
                + ending
                + "\"");
    Export.write(ProjectVotes.now(call.store(), project), choice, call.context().outputStream());
    return "";
  }
}
