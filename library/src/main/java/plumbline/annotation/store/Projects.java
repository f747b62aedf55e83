package plumbline.annotation.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import plumbline.InputException;

/** What people work on. */
public final class Projects {
  private static final Pattern SLUG = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");
  private static final String SELECT =
      "SELECT p.*, (SELECT COALESCE(MAX(g.version), 0) FROM guidelines g"
          + " WHERE g.project_id = p.id) AS newest FROM projects p ";
  private static final String MAY_WORK =
      " (NOT EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = p.id)"
          + " OR EXISTS (SELECT 1 FROM project_members m"
          + " WHERE m.project_id = p.id AND m.account_id = :account))";

  private final Database database;
  private final ItemStates states;

  Projects(Database database, ItemStates states) {
    this.database = database;
    this.states = states;
  }

  /**
   * A new project, open to all.
   *
   * @throws InputException if the slug is none
   * @throws Refusal if the slug is taken
   */
  public Project create(Actor actor, String slug, String title, ProjectSettings settings) {
    if (!SLUG.matcher(slug).matches()) {
      throw new InputException(
          "slug: is '" + slug + "', wanted 1 to 64 small letters, digits and hyphens");
    }
    return database.write(
        handle -> {
          long id =
              handle
                  .createQuery(
                      "INSERT INTO projects (slug, title, state, settings, created_at)"
                          + " VALUES (:slug, :title, 'open', :settings, :now)"
                          + " ON CONFLICT (slug) DO NOTHING RETURNING id")
                  .bind("slug", slug)
                  .bind("title", title)
                  .bind("settings", settings.toJson().toString())
                  .bind("now", database.now())
                  .mapTo(Long.class)
                  .findOne()
                  .orElseThrow(
                      () ->
                          new Refusal(
                              Refusal.Reason.TAKEN, "There is a project '" + slug + "' already."));
          audit(handle, actor, "project.create", id, settings.toJson());
          return find(handle, id).orElseThrow();
        });
  }

  public Optional<Project> bySlug(String slug) {
    return database.read(
        handle ->
            handle
                .createQuery(SELECT + "WHERE p.slug = :slug")
                .bind("slug", slug)
                .map((row, context) -> project(row))
                .findOne());
  }

  public Optional<Project> byId(long id) {
    return database.read(handle -> find(handle, id));
  }

  static Optional<Project> find(Handle handle, long id) {
    return handle
        .createQuery(SELECT + "WHERE p.id = :id")
        .bind("id", id)
        .map((row, context) -> project(row))
        .findOne();
  }

  /** All, by slug. */
  public List<Project> list() {
    return database.read(
        handle ->
            handle
                .createQuery(SELECT + "ORDER BY p.slug")
                .map((row, context) -> project(row))
                .list());
  }

  /** Those that an account may work on, by slug. */
  public List<Project> forAccount(long accountId) {
    return database.read(
        handle ->
            handle
                .createQuery(SELECT + "WHERE" + MAY_WORK + " ORDER BY p.slug")
                .bind("account", accountId)
                .map((row, context) -> project(row))
                .list());
  }

  /** Whether an account is a member, or the project open to all. */
  public boolean mayWork(long projectId, long accountId) {
    return database.read(handle -> findFor(handle, projectId, accountId).isPresent());
  }

  /** A project, where the account may work on it. */
  static Optional<Project> findFor(Handle handle, long projectId, long accountId) {
    return handle
        .createQuery(SELECT + "WHERE p.id = :id AND" + MAY_WORK)
        .bind("id", projectId)
        .bind("account", accountId)
        .map((row, context) -> project(row))
        .findOne();
  }

  private static Project project(ResultSet row) throws SQLException {
    return new Project(
        row.getLong("id"),
        row.getString("slug"),
        row.getString("title"),
        ProjectState.of(row.getString("state")),
        ProjectSettings.parse(Json.parse(row.getString("settings"))),
        row.getInt("newest"),
        Rows.time(row, "created_at"));
  }

  public void setTitle(Actor actor, long projectId, String title) {
    database.write(
        handle -> {
          set(handle, projectId, "title", title);
          return audit(
              handle, actor, "project.title", projectId, Json.object().put("title", title));
        });
  }

  /** Other settings; what they mean for the states of items is worked out before it returns. */
  public void updateSettings(Actor actor, long projectId, ProjectSettings settings) {
    database.write(
        handle -> {
          set(handle, projectId, "settings", settings.toJson().toString());
          return audit(handle, actor, "project.settings", projectId, settings.toJson());
        });
    states.refreshAll(projectId);
  }

  public void setState(Actor actor, long projectId, ProjectState state) {
    database.write(
        handle -> {
          set(handle, projectId, "state", state.key());
          return audit(
              handle, actor, "project.state", projectId, Json.object().put("state", state.key()));
        });
  }

  private static void set(Handle handle, long id, String column, String value) {
    int found =
        handle
            .createUpdate("UPDATE projects SET " + column + " = :value WHERE id = :id")
            .bind("value", value)
            .bind("id", id)
            .execute();
    if (found == 0) {
      throw noSuchProject();
    }
  }

  static Refusal noSuchProject() {
    return new Refusal(Refusal.Reason.NOT_FOUND, "There is no such project.");
  }

  /** A new version, which is shown from the next hand-out on. */
  public Guidelines publishGuidelines(Actor actor, long projectId, String markdown) {
    return database.write(
        handle -> {
          lock(database, handle, projectId);
          int version = find(handle, projectId).orElseThrow().guidelines() + 1;
          handle
              .createUpdate(
                  "INSERT INTO guidelines (project_id, version, markdown, account_id, created_at)"
                      + " VALUES (:project, :version, :markdown, :account, :now)")
              .bind("project", projectId)
              .bind("version", version)
              .bind("markdown", markdown)
              .bind("account", actor.id())
              .bind("now", database.now())
              .execute();
          audit(
              handle,
              actor,
              "project.guidelines",
              projectId,
              Json.object().put("version", version));
          return guidelines(handle, projectId, version).orElseThrow();
        });
  }

  /** Imports and new guidelines of one project come one after the other. */
  static void lock(Database database, Handle handle, long projectId) {
    Optional<Long> found =
        handle
            .createQuery("SELECT id FROM projects WHERE id = :id" + database.lock())
            .bind("id", projectId)
            .mapTo(Long.class)
            .findOne();
    if (found.isEmpty()) {
      throw noSuchProject();
    }
  }

  public Optional<Guidelines> guidelines(long projectId, int version) {
    return database.read(handle -> guidelines(handle, projectId, version));
  }

  public Optional<Guidelines> newestGuidelines(long projectId) {
    return database.read(
        handle ->
            find(handle, projectId)
                .flatMap(project -> guidelines(handle, projectId, project.guidelines())));
  }

  private static Optional<Guidelines> guidelines(Handle handle, long projectId, int version) {
    return handle
        .createQuery("SELECT * FROM guidelines WHERE project_id = :id AND version = :version")
        .bind("id", projectId)
        .bind("version", version)
        .map(
            (row, context) ->
                new Guidelines(
                    row.getLong("project_id"),
                    row.getInt("version"),
                    row.getString("markdown"),
                    Rows.maybeLong(row, "account_id"),
                    Rows.time(row, "created_at")))
        .findOne();
  }

  /** Who may work on it; empty: everybody. */
  public List<Long> members(long projectId) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT account_id FROM project_members WHERE project_id = :id"
                        + " ORDER BY account_id")
                .bind("id", projectId)
                .mapTo(Long.class)
                .list());
  }

  /** Exactly these from now on; none: everybody. */
  public void setMembers(Actor actor, long projectId, List<Long> accountIds) {
    database.write(
        handle -> {
          handle
              .createUpdate("DELETE FROM project_members WHERE project_id = :id")
              .bind("id", projectId)
              .execute();
          PreparedBatch batch =
              handle.prepareBatch(
                  "INSERT INTO project_members (project_id, account_id) VALUES (:id, :account)");
          for (long account : accountIds.stream().distinct().toList()) {
            batch.bind("id", projectId).bind("account", account).add();
          }
          batch.execute();
          ObjectNode detail = Json.object();
          accountIds.forEach(detail.putArray("accounts")::add);
          return audit(handle, actor, "project.members", projectId, detail);
        });
  }

  private boolean audit(Handle handle, Actor actor, String action, long id, ObjectNode detail) {
    Audit.add(handle, database.now(), actor, action, "project " + id, detail);
    return true;
  }
}
