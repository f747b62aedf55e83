package plumbline.cli;

/** The first stages of small pipelines: data of the clinic, and a model of one layer. */
final class TinyStages {
  /** A model of width 16. */
  static final String SCRATCH = scratch(16, 16, 1);

  private TinyStages() {}

  /**
   * Both stages.
   *
   * @param rows how many of what: {@code demonstrations: 48, pairs: 8}
   */
  static String start(String rows) {
    return data(rows) + SCRATCH;
  }

  /** The data alone. */
  static String data(String rows) {
    return "data: {format: clinic, " + rows + "}\n";
  }

  /** A model of some width, trained by nobody yet. */
  static String scratch(int width, int inner, int layers) {
    return ("scratch: {data: data, vocabulary_size: 400, hidden_size: %d, intermediate_size: %d,"
            + " layers: %d, heads: 2, key_value_heads: 1}\n")
        .formatted(width, inner, layers);
  }
}
