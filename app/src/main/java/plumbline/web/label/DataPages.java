package plumbline.web.label;

import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import plumbline.annotation.store.ItemState;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;

/** What goes in and what comes out of a project. */
final class DataPages {
  private final Site site;

  /**
   * @param result of the import that was just done; empty
   */
  record DataView(Map<ItemState, Integer> counts, List<String> result) {}

  DataPages(Site site) {
    this.site = site;
  }

  void show(Context context) {
    show(context, site.project(context, Role.ADMIN), List.of());
  }

  private void show(Context context, Project project, List<String> result) {
    DataView view = new DataView(site.store().items().countByState(project.id()), result);
    Shell shell = site.shell(context, project, "Data", "admin/data");
    site.show(context, "adminData", shell, view);
  }

  void take(Context context) {
    Project project = site.project(context, Role.ADMIN);
    show(context, project, List.of());
  }

  void export(Context context) {
    site.project(context, Role.ADMIN);
  }

  static Optional<String> nothing() {
    return Optional.empty();
  }
}
