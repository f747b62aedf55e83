package plumbline.config;

/**
 * The numbers a key may have, both ends included.
 *
 * @param min smallest, or minus infinity
 * @param max largest, or infinity
 */
record Range(double min, double max) {
  static final Range ANY = new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  static Range of(Key key) {
    return new Range(key.min(), key.max());
  }

  boolean contains(double value) {
    return value >= min && value <= max;
  }

  /** "a number", "a number >= 0", "a number from 0 to 1". */
  String describe(String noun) {
    String bounds = toString();
    return bounds.isEmpty() ? noun : noun + " " + bounds;
  }

  /** ">= 0", "<= 1", "from 0 to 1", or empty. */
  @Override
  public String toString() {
    boolean below = min != Double.NEGATIVE_INFINITY;
    boolean above = max != Double.POSITIVE_INFINITY;
    if (below && above) {
      return "from " + Scalars.brief(min) + " to " + Scalars.brief(max);
    }
    return below ? ">= " + Scalars.brief(min) : above ? "<= " + Scalars.brief(max) : "";
  }
}
