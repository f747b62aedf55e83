package plumbline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** The way to a port of this machine, which may be slow, silent or cut. */
final class FaultyLink implements AutoCloseable {
  private static final int CHUNK = 1 << 14;

  private final ServerSocket here;
  private final int there;
  private final List<Socket> open = new ArrayList<>();
  private long delayMillis;
  private boolean silent;
  private boolean cut;

  /**
   * A way that has no fault yet.
   *
   * @param port where it leads
   */
  FaultyLink(int port) throws IOException {
    this.there = port;
    this.here = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    run(this::accept);
  }

  int port() {
    return here.getLocalPort();
  }

  /** Whatever passes takes that much longer, each way. */
  synchronized void delay(long millis) {
    delayMillis = millis;
  }

  /** Nothing passes, and nobody hears of it, until it is mended. */
  synchronized void silence() {
    silent = true;
  }

  /** All connections end, and no new one lasts until it is mended. */
  synchronized void cut() {
    cut = true;
    open.forEach(FaultyLink::close);
    open.clear();
  }

  synchronized void mend() {
    silent = false;
    cut = false;
    notifyAll();
  }

  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private static void run(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                // One end is gone, and so is this.
                return;
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "link");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() throws IOException {
    while (true) {
      Socket near = here.accept();
      Socket far;
      try {
        far = new Socket(InetAddress.getLoopbackAddress(), there);
      } catch (IOException e) {
        close(near);
        continue;
      }
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      if (kept(near, far)) {
        run(() -> pump(near, far));
        run(() -> pump(far, near));
      }
    }
  }

  private synchronized boolean kept(Socket near, Socket far) {
    if (cut) {
      close(near);
      close(far);
      return false;
    }
    open.addAll(List.of(near, far));
    return true;
  }

  private void pump(Socket from, Socket to) throws IOException, InterruptedException {
    byte[] bytes = new byte[CHUNK];
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        Thread.sleep(passing());
        out.write(bytes, 0, read);
      }
    }
  }

  /** Waits until something may pass; the milliseconds that it takes. */
  private synchronized long passing() throws InterruptedException {
    while (silent) {
      wait();
    }
    return delayMillis;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It was closed already.
    }
  }

  @Override
  public void close() throws IOException {
    here.close();
    cut();
    mend();
  }
}
