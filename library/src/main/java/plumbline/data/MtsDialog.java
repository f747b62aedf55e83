package plumbline.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * MTS-Dialog's doctor-patient conversations: rows with {@code turns}, a list of {@code {"role",
 * "text"}}.
 *
 * <p>The doctor is the {@code assistant}, the patient the {@code user}. Guests ({@code
 * guest_family}, {@code guest_clinician}) speak as {@code user} too, their words after {@code
 * "Guest: "}, and are counted in the notes. What one side says in a row is joined by a space. Every
 * doctor turn after a user turn gives a demonstration whose prompt is the {@value #HISTORY}
 * messages before it or fewer.
 */
public final class MtsDialog {
  /** The longest prompt, in messages. */
  public static final int HISTORY = 8;

  private static final String GUEST = "Guest: ";

  private MtsDialog() {}

  /**
   * Reads a file, plain or gzip.
   *
   * @throws plumbline.InputException if there is no such file or a row is structurally broken
   */
  public static Imported<Demonstration> demonstrations(Path file) {
    Import<Demonstration> into = new Import<>();
    Row.forEach(
        file,
        row -> {
          into.found();
          read(row, into);
        });
    return into.done();
  }

  private static void read(Row row, Import<Demonstration> into) {
    List<Message> messages = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (Message turn : row.messages("turns", "role", "text")) {
      String text = turn.content().strip();
      if (text.isEmpty()) {
        notes.add("empty turn left out");
      } else if (turn.role().equals("doctor")) {
        messages.add(Message.assistant(text));
      } else if (turn.role().equals("patient")) {
        messages.add(Message.user(text));
      } else if (turn.role().startsWith("guest")) {
        notes.add("turn of " + turn.role() + " read as user");
        messages.add(Message.user(GUEST + text));
      } else {
        into.reject(row, "unknown role '" + turn.role() + "'");
        return;
      }
    }
    List<Message> dialogue = Turns.join(messages, " ");
    for (int i = dialogue.size(); i < messages.size(); i++) {
      notes.add("turn joined to the same speaker's turn before it");
    }
    List<Demonstration> found = demonstrations(dialogue, meta(row));
    if (found.isEmpty()) {
      into.reject(row, "no doctor turn after a patient turn");
      return;
    }
    notes.forEach(into::note);
    found.forEach(into::accept);
  }

  private static List<Demonstration> demonstrations(
      List<Message> dialogue, Map<String, String> meta) {
    List<Demonstration> found = new ArrayList<>();
    for (int i = 1; i < dialogue.size(); i++) {
      if (dialogue.get(i).role().equals(Message.ASSISTANT)) {
        Prompt prompt = new Prompt(dialogue.subList(Math.max(0, i - HISTORY), i), meta);
        found.add(new Demonstration(prompt, dialogue.get(i).content()));
      }
    }
    return found;
  }

  private static Map<String, String> meta(Row row) {
    Map<String, String> meta = Turns.meta("mts-dialog", row);
    String id = row.object().path("ID").asText();
    meta.put(
        HashSplit.DIALOGUE,
        id.isEmpty()
            ? row.file().getFileName() + ":" + row.line()
            : "mts-dialog/" + row.object().path("source").asText() + "/" + id);
    if (row.has("section_header")) {
      meta.put("category", row.text("section_header"));
    }
    return meta;
  }
}
