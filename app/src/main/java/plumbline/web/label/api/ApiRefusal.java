package plumbline.web.label.api;

import io.javalin.http.HttpStatus;
import java.util.List;

/** The API does not do what was asked. */
final class ApiRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final HttpStatus status;
  private final String reason;
  private final transient List<String> faults;

  ApiRefusal(HttpStatus status, String reason, String message) {
    this(status, reason, message, List.of());
  }

  ApiRefusal(HttpStatus status, String reason, String message, List<String> faults) {
    super(message, null, false, false);
    this.status = status;
    this.reason = reason;
    this.faults = List.copyOf(faults);
  }

  static ApiRefusal notFound() {
    return new ApiRefusal(
        HttpStatus.NOT_FOUND, "not_found", "There is no such thing, or it is not yours.");
  }

  static ApiRefusal malformed(String message) {
    return new ApiRefusal(HttpStatus.BAD_REQUEST, "malformed", message);
  }

  HttpStatus status() {
    return status;
  }

  String reason() {
    return reason;
  }

  List<String> faults() {
    return faults;
  }
}
