package plumbline.config;

import plumbline.InputException;

/**
 * Where a value was written.
 *
 * @param source file name, or {@code --set a.b=c}
 * @param line from 1; 0 if the source has no lines
 */
record Origin(String source, int line) {
  static Origin of(String source) {
    return new Origin(source, 0);
  }

  InputException error(String message) {
    return new InputException(this + ": " + message);
  }

  @Override
  public String toString() {
    return line > 0 ? source + ":" + line : source;
  }
}
