package plumbline.collect;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.AtomicFile;

/**
 * The log of a step: a line for every row that the step was given, in their order, whatever became
 * of it. Rows are worked on part after part, so that memory is bounded by a part. A step that was
 * interrupted goes on behind the last whole part in its log; one that is finished is not done
 * again.
 *
 * @param file the log; until it is whole its name ends in {@value #GROWING}
 * @param part rows worked on at a time
 */
record StepLog(Path file, int part) {
  /** Ending of the name of a log that is not whole yet. */
  static final String GROWING = ".growing";

  /** What a step does. */
  interface Work<I, O> {
    /** One row for each that is given, in their order. */
    List<O> of(List<I> rows);
  }

  StepLog {
    if (part < 1) {
      throw new IllegalArgumentException("part is " + part + ", wanted 1 or more");
    }
  }

  /**
   * Does what is left to do.
   *
   * @param rows what the step is given; the same rows in every run. Closed here, as the listener is
   * @param done hears how many rows were done, those of an earlier run first
   */
  <I, O> void run(Stream<I> rows, Work<I, O> work, FunnelListener done) {
    try (rows;
        done) {
      if (Files.exists(file)) {
        return;
      }
      Path growing = file.resolveSibling(file.getFileName() + GROWING);
      try (FileChannel log = open(growing)) {
        long before = wholeParts(growing, log);
        Iterator<I> left = rows.iterator();
        for (long i = 0; i < before; i++) {
          left.next();
        }
        done.rows(before);
        while (left.hasNext()) {
          done.rows(append(log, next(left), work));
        }
        log.force(true);
      }
      AtomicFile.finish(growing, file);
      AtomicFile.syncFolder(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new InputException(file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static FileChannel open(Path growing) throws IOException {
    Files.createDirectories(growing.toAbsolutePath().getParent());
    return FileChannel.open(growing, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private <I> List<I> next(Iterator<I> left) {
    List<I> rows = new ArrayList<>();
    while (left.hasNext() && rows.size() < part) {
      rows.add(left.next());
    }
    return rows;
  }

  private <I, O> long append(FileChannel log, List<I> rows, Work<I, O> work) throws IOException {
    List<O> done = work.of(rows);
    if (done.size() != rows.size()) {
      throw new IllegalStateException(
          file + ": " + done.size() + " rows were made of " + rows.size());
    }
    for (O row : done) {
      ByteBuffer line = ByteBuffer.wrap(LogRows.line(row));
      while (line.hasRemaining()) {
        log.write(line);
      }
    }
    return rows.size();
  }

  /**
   * Cuts the log behind its last whole part: parts begin at the same rows in every run, so that
   * models compute the same batches.
   *
   * @return the lines that stay
   */
  private long wholeParts(Path growing, FileChannel log) throws IOException {
    long lines = 0;
    long bytes = 0;
    long whole = 0;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(growing), 1 << 16)) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        bytes++;
        if (b == '\n' && ++lines % part == 0) {
          whole = bytes;
        }
      }
    }
    log.truncate(whole);
    log.position(whole);
    return lines - lines % part;
  }
}
