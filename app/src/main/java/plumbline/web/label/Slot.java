package plumbline.web.label;

import gg.jte.Content;
import java.util.ArrayList;
import java.util.List;
import plumbline.annotation.store.Response;

/**
 * An answer on the page.
 *
 * @param number from 1, in the order shown
 * @param letter what the page calls it
 * @param model who wrote it; empty where that is hidden
 * @param source the text as it is
 */
record Slot(int number, String letter, String model, String source) {
  private static final int BEGIN = 140;

  /** The responses in their order, without who wrote them. */
  static List<Slot> blind(List<Response> responses) {
    return of(responses, true);
  }

  static List<Slot> of(List<Response> responses, boolean blind) {
    List<Slot> slots = new ArrayList<>();
    for (Response response : responses) {
      int number = slots.size() + 1;
      String model = blind ? "" : response.model();
      slots.add(new Slot(number, letter(number), model, response.content()));
    }
    return slots;
  }

  static String letter(int number) {
    return Character.toString((char) ('A' + number - 1));
  }

  Content html() {
    return Markdown.content(source);
  }

  /** The first words. */
  String begin() {
    return begin(source);
  }

  static String begin(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= BEGIN ? line : line.substring(0, BEGIN) + "…";
  }
}
