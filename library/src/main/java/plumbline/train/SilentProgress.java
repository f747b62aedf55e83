package plumbline.train;

/** Progress that is told to nobody. */
enum SilentProgress implements Progress, Progress.Task {
  INSTANCE;

  @Override
  public Task start(String label, long total) {
    return this;
  }

  @Override
  public void note(String line) {}

  @Override
  public void step(String note) {}

  @Override
  public void close() {}
}
