package plumbline.cli;

/** What the process ends with. */
final class ExitCode {
  static final int DONE = 0;
  static final int FAILED = 1;
  static final int BAD_INPUT = 2;

  /** Of a rank that ends because another one is gone: a temporary failure, as in sysexits.h. */
  static final int RANK_LOST = 75;

  private ExitCode() {}
}
