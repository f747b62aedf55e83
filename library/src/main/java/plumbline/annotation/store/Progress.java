package plumbline.annotation.store;

import java.util.Optional;

/** How far projects and people are. */
public final class Progress {
  Progress() {}

  public ProjectProgress of(long projectId) {
    throw new UnsupportedOperationException();
  }

  public Optional<PersonProgress> of(long projectId, long accountId) {
    throw new UnsupportedOperationException();
  }
}
