package plumbline.annotation.store;

import java.util.List;
import java.util.Optional;

/** What people work on. */
public final class Projects {
  Projects() {}

  public Project create(Actor actor, String slug, String title, ProjectSettings settings) {
    throw new UnsupportedOperationException();
  }

  public Optional<Project> bySlug(String slug) {
    throw new UnsupportedOperationException();
  }

  public Optional<Project> byId(long id) {
    throw new UnsupportedOperationException();
  }

  public List<Project> list() {
    throw new UnsupportedOperationException();
  }

  public List<Project> forAccount(long accountId) {
    throw new UnsupportedOperationException();
  }

  public boolean mayWork(long projectId, long accountId) {
    throw new UnsupportedOperationException();
  }

  public void setTitle(Actor actor, long projectId, String title) {
    throw new UnsupportedOperationException();
  }

  public void updateSettings(Actor actor, long projectId, ProjectSettings settings) {
    throw new UnsupportedOperationException();
  }

  public void setState(Actor actor, long projectId, ProjectState state) {
    throw new UnsupportedOperationException();
  }

  public Guidelines publishGuidelines(Actor actor, long projectId, String markdown) {
    throw new UnsupportedOperationException();
  }

  public Optional<Guidelines> guidelines(long projectId, int version) {
    throw new UnsupportedOperationException();
  }

  public Optional<Guidelines> newestGuidelines(long projectId) {
    throw new UnsupportedOperationException();
  }

  public List<Long> members(long projectId) {
    throw new UnsupportedOperationException();
  }

  public void setMembers(Actor actor, long projectId, List<Long> accountIds) {
    throw new UnsupportedOperationException();
  }
}
