package plumbline.web;

import java.util.LinkedHashMap;
import java.util.Map;

/** What every answer of a server says to the browser about what it may do. */
public final class SecurityHeaders {
  /** Script, style and pictures from this server only, nothing inline, in nobody's frame. */
  public static final String CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
          + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

  private SecurityHeaders() {}

  /** Name to value. */
  public static Map<String, String> of(boolean tls) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Security-Policy", CONTENT_POLICY);
    headers.put("X-Content-Type-Options", "nosniff");
    headers.put("X-Frame-Options", "DENY");
    headers.put("Referrer-Policy", "same-origin");
    headers.put("Cross-Origin-Opener-Policy", "same-origin");
    headers.put("Cross-Origin-Resource-Policy", "same-origin");
    headers.put(
        "Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    headers.put("Cache-Control", "no-store");
    if (tls) {
      headers.put("Strict-Transport-Security", "max-age=31536000");
    }
    return headers;
  }
}
