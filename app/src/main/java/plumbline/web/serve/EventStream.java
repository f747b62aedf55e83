package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events: each a JSON document, {@code [DONE]} at the end. */
final class EventStream {
  private final OutputStream out;

  EventStream(Context context) {
    HttpServletResponse response = context.res();
    response.setStatus(HttpServletResponse.SC_OK);
    response.setContentType("text/event-stream; charset=utf-8");
    response.setHeader("X-Accel-Buffering", "no");
    try {
      this.out = response.getOutputStream();
    } catch (IOException e) {
      throw new ClientGone();
    }
  }

  void send(JsonNode document) {
    send(document.toString());
  }

  void done() {
    send("[DONE]");
  }

  private void send(String data) {
    try {
      out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
      out.flush();
    } catch (IOException e) {
      throw new ClientGone();
    }
  }
}
