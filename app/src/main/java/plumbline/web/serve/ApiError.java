package plumbline.web.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.HttpStatus;
import java.util.Optional;

/** A request that is not answered, in OpenAI's form. */
final class ApiError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";

  private final transient HttpStatus status;
  private final String type;
  private final String code;
  private final String parameter;
  private final int retryAfterSeconds;

  private ApiError(
      HttpStatus status,
      String type,
      String code,
      String parameter,
      String message,
      int retryAfterSeconds) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.parameter = parameter;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** A wrong value, or a parameter that is not known. */
  static ApiError parameter(String name, String message) {
    return coded("invalid_value", name, message);
  }

  /** {@link #parameter} with a code that programs look for. */
  static ApiError coded(String code, String name, String message) {
    return new ApiError(HttpStatus.BAD_REQUEST, INVALID, code, name, message, 0);
  }

  /** A request that is wrong as a whole. */
  static ApiError request(HttpStatus status, String code, String message) {
    return new ApiError(status, INVALID, code, "", message, 0);
  }

  static ApiError noModel(String message) {
    return new ApiError(HttpStatus.NOT_FOUND, INVALID, "model_not_found", "model", message, 0);
  }

  static ApiError busy(String message, int retryAfterSeconds) {
    return new ApiError(
        HttpStatus.TOO_MANY_REQUESTS,
        "rate_limit_error",
        "rate_limit_exceeded",
        "",
        message,
        retryAfterSeconds);
  }

  static ApiError stopping() {
    return new ApiError(
        HttpStatus.SERVICE_UNAVAILABLE, SERVER, "stopping", "", "The server is stopping.", 5);
  }

  static ApiError failed() {
    return new ApiError(
        HttpStatus.INTERNAL_SERVER_ERROR,
        SERVER,
        "failed",
        "",
        "Something went wrong here. It is in the server's log.",
        0);
  }

  HttpStatus status() {
    return status;
  }

  Optional<Integer> retryAfterSeconds() {
    return retryAfterSeconds > 0 ? Optional.of(retryAfterSeconds) : Optional.empty();
  }

  /** {@code {"error": {"message", "type", "param", "code"}}}. */
  ObjectNode toJson() {
    ObjectNode document = Call.JSON.createObjectNode();
    ObjectNode error = document.putObject("error");
    error.put("message", getMessage()).put("type", type);
    if (parameter.isEmpty()) {
      error.putNull("param");
    } else {
      error.put("param", parameter);
    }
    error.put("code", code);
    return document;
  }
}
