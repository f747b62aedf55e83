package plumbline.data.format;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.InputException;

/** The rows of one file of whatever known ending, for readers that make no examples of them. */
public final class Rows {
  private Rows() {}

  /**
   * Gives every row to {@code reader}, in order.
   *
   * @return how many rows there were
   * @throws InputException if the file cannot be read or is empty, and at the first row that is
   *     broken or that the reader refuses with a {@link RowException}; it names file and line
   */
  public static int read(Path file, Consumer<Row> reader) {
    return read(
        file,
        reader,
        reject -> {
          throw new InputException(reject.toString());
        });
  }

  /**
   * Gives every row to {@code reader}, in order, and goes on behind those that cannot be used.
   *
   * @param rejects takes the rows that are broken or that the reader refuses with a {@link
   *     RowException}
   * @return how many rows there were
   * @throws InputException if the file cannot be read or is empty
   */
  public static int read(Path file, Consumer<Row> reader, Consumer<Reject> rejects) {
    int rows = 0;
    try (RowSource source = DataFiles.open(file)) {
      while (next(source, reader, rejects)) {
        rows++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file.toString(), e);
    }
    if (rows == 0) {
      throw new InputException(file + ": is empty, wanted at least one row");
    }
    return rows;
  }

  private static boolean next(RowSource source, Consumer<Row> reader, Consumer<Reject> rejects) {
    try {
      Optional<Row> row = source.next();
      row.ifPresent(reader);
      return row.isPresent();
    } catch (RowException e) {
      rejects.accept(e.reject());
      return true;
    }
  }

  /** The first row of a file that is whole, if one of its first hundred is. */
  public static Optional<Row> first(Path file) {
    return DataFiles.sample(file, 100).stream().findFirst();
  }
}
