package plumbline.web;

import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.util.Optional;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.InputException;

/**
 * Where a server listens and how.
 *
 * @param host the address to listen on
 * @param port 0 for any that is free
 * @param idleMillis how long a connection may say nothing
 */
public record Listening(String host, int port, Optional<Tls> tls, int idleMillis) {
  /** Listens to this machine only. */
  public static final String LOOPBACK = "127.0.0.1";

  private static final Logger LOG = LoggerFactory.getLogger(Listening.class);
  private static final int LARGEST_HEADERS = 16 << 10;

  /** Bytes of a refused body that are read. */
  private static final long MOST_DRAINED = 32L << 20;

  /** One connector of HTTP/1.1 that tells nothing about itself. */
  public void configure(JavalinConfig javalin) {
    javalin.startup.showJavalinBanner = false;
    javalin.startup.showOldJavalinVersionWarning = false;
    javalin.http.prefer405over404 = true;
    javalin.http.generateEtags = false;
    javalin.jetty.modifyHttpConfiguration(Listening::quieten);
    javalin.jetty.addConnector(this::connector);
  }

  private static void quieten(HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setSendDateHeader(false);
    http.setRequestHeaderSize(LARGEST_HEADERS);
  }

  private ServerConnector connector(Server server, HttpConfiguration http) {
    quieten(http);
    HttpConnectionFactory plain = new HttpConnectionFactory(http);
    ServerConnector connector =
        tls.map(
                certified -> {
                  SecureRequestCustomizer secure = new SecureRequestCustomizer();
                  secure.setSniHostCheck(false);
                  http.addCustomizer(secure);
                  return new ServerConnector(
                      server,
                      new SslConnectionFactory(certified.contextFactory(), "http/1.1"),
                      plain);
                })
            .orElseGet(() -> new ServerConnector(server, plain));
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(idleMillis);
    return connector;
  }

  /**
   * Begins to listen.
   *
   * @throws InputException if that is not possible there
   */
  public void start(Javalin javalin) {
    try {
      javalin.start();
    } catch (JavalinBindException e) {
      throw new InputException(host + ":" + port + ": cannot listen there; is the port taken?", e);
    }
  }

  /** The server's address, as its own machine reaches it. */
  public String address(int boundPort) {
    String shown = host.contains(":") ? "[" + host + "]" : host;
    return (tls.isPresent() ? "https://" : "http://") + shown + ":" + boundPort;
  }

  /** Reads what is refused, within reason: a client that is still sending sees no answer. */
  public static void drain(Context context) {
    try {
      context.req().getInputStream().skip(MOST_DRAINED);
    } catch (IOException e) {
      LOG.debug("a refused body broke off", e);
    }
  }
}
