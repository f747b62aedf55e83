package plumbline.web.serve;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;

/** The client of a request that is being worked on: is it still there? */
final class Peer {
  private final Context context;
  private final EndPoint connection;

  Peer(Context context) {
    this.context = context;
    this.connection =
        ServletContextRequest.getServletContextRequest(context.req())
            .getConnectionMetaData()
            .getConnection()
            .getEndPoint();
  }

  /**
   * Whether the client has closed its side. The request has been read, so that nothing else is
   * expected; should a client have sent the next request already, it is told to send it again on
   * another connection.
   */
  boolean isGone() {
    if (!connection.isOpen()) {
      return true;
    }
    ByteBuffer next = BufferUtil.allocate(1);
    try {
      int read = connection.fill(next);
      if (read > 0) {
        context.header("Connection", "close");
      }
      return read < 0;
    } catch (IOException e) {
      return true;
    }
  }
}
