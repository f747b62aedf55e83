package plumbline.web.label;

import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What a form sent; every field is there, empty if it was not sent. */
record Fields(Map<String, List<String>> values) {
  private static final int MOST_FIELDS = 1000;

  /**
   * @throws Refused if it is no form, or holds what no browser sends
   */
  static Fields of(Context context) {
    Map<String, List<String>> sent = read(context);
    long fields = sent.values().stream().mapToLong(List::size).sum();
    boolean strange =
        sent.entrySet().stream()
            .anyMatch(
                field ->
                    field.getKey().indexOf('\0') >= 0
                        || field.getValue().stream().anyMatch(value -> value.indexOf('\0') >= 0));
    if (strange || fields > MOST_FIELDS) {
      throw Refused.malformed("The form holds what no page of this app sends.");
    }
    return new Fields(new LinkedHashMap<>(sent));
  }

  private static Map<String, List<String>> read(Context context) {
    try {
      return context.formParamMap();
    } catch (HttpResponseException e) {
      throw e;
    } catch (Exception e) {
      // Jetty's exceptions for files differ only in what the innermost one says.
      Throwable innermost = e;
      while (innermost.getCause() != null) {
        innermost = innermost.getCause();
      }
      if (String.valueOf(innermost.getMessage()).contains("exceeded")) {
        throw new Refused(HttpStatus.CONTENT_TOO_LARGE, "too_large", "That is too large.");
      }
      throw Refused.malformed("The form could not be read.");
    }
  }

  static Fields of(Map<String, String> single) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    single.forEach((name, value) -> values.put(name, List.of(value)));
    return new Fields(values);
  }

  String text(String name) {
    List<String> sent = values.getOrDefault(name, List.of());
    return sent.isEmpty() ? "" : sent.get(0);
  }

  List<String> texts(String name) {
    return values.getOrDefault(name, List.of());
  }

  /** Line ends as one character, as every system but the form's has them. */
  String words(String name) {
    return text(name).replace("\r\n", "\n");
  }

  boolean on(String name) {
    return !text(name).isEmpty();
  }

  long id(String name) {
    return whole(text(name))
        .orElseThrow(() -> Refused.malformed("'" + name + "' is wanted as a number."));
  }

  double number(String name, double otherwise) {
    try {
      double value = text(name).isBlank() ? otherwise : Double.parseDouble(text(name));
      return Double.isFinite(value) ? value : otherwise;
    } catch (NumberFormatException e) {
      throw Refused.malformed("'" + name + "' is wanted as a number.");
    }
  }

  static OptionalLong whole(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }
}
