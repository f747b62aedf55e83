package plumbline.web.label;

import plumbline.annotation.store.Role;
import plumbline.web.Assets;

/**
 * What stands around every page.
 *
 * @param slug of the project that the page is about; empty for none
 * @param here which entry of the navigation the page belongs to
 * @param size class of the main part: wide, narrow or empty
 * @param notice what has just been done; empty for nothing
 */
record Shell(
    String title,
    Assets assets,
    Visitor visitor,
    String slug,
    String project,
    String here,
    String size,
    String notice) {
  String name() {
    return visitor.account().map(account -> account.name()).orElse("");
  }

  boolean signedIn() {
    return visitor.account().isPresent();
  }

  boolean admin() {
    return visitor.may(Role.ADMIN);
  }

  boolean reviewer() {
    return visitor.may(Role.REVIEWER);
  }

  String forms() {
    return visitor.forms();
  }

  String at(String path) {
    return "/p/" + slug + path;
  }

  Shell sized(String other) {
    return new Shell(title, assets, visitor, slug, project, here, other, notice);
  }

  Shell saying(String other) {
    return new Shell(title, assets, visitor, slug, project, here, size, other);
  }
}
