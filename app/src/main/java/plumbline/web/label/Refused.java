package plumbline.web.label;

import io.javalin.http.HttpStatus;

/** A request that is not served; the message is for the person who sent it. */
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final HttpStatus status;
  private final String why;

  /**
   * @param why for the audit log, in one word
   */
  Refused(HttpStatus status, String why, String message) {
    super(message);
    this.status = status;
    this.why = why;
  }

  /** Of what is not there, or not this person's: the two look alike. */
  static Refused notFound(String why) {
    return new Refused(HttpStatus.NOT_FOUND, why, "There is no such page, or it is not yours.");
  }

  static Refused malformed(String message) {
    return new Refused(HttpStatus.BAD_REQUEST, "malformed", message);
  }

  HttpStatus status() {
    return status;
  }

  String why() {
    return why;
  }
}
