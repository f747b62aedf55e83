package plumbline.web.label;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Moments as pages show them; scripts turn them into the reader's time. */
final class Times {
  private static final DateTimeFormatter FORM =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(ZoneOffset.UTC);

  private Times() {}

  static String text(Instant moment) {
    return FORM.format(moment) + " UTC";
  }
}
