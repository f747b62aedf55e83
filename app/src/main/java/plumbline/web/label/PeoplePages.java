package plumbline.web.label;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.AuditEntry;
import plumbline.annotation.store.Invitation;
import plumbline.annotation.store.Role;
import plumbline.web.PasswordHash;
import plumbline.web.Tokens;

/** Accounts, invitations and the audit log, for admins. */
final class PeoplePages {
  private static final Duration INVITATION = Duration.ofDays(7);
  private static final int LONGEST_GROUP = 60;
  private static final int PAGE = 100;
  private static final int TEMPORARY_PASSWORD = 16;

  private final Site site;

  /**
   * @param link of the invitation that was just made, shown once; empty
   * @param password that was just set, shown once; empty
   * @param whose password it is
   */
  record PeopleView(
      List<Account> accounts,
      List<Invitation> invitations,
      String link,
      String password,
      String whose,
      long me) {}

  /** A line of the audit log, with the names of those in it. */
  record AuditLine(AuditEntry entry, String who, String detail) {}

  record AuditView(List<AuditLine> lines, long before) {}

  PeoplePages(Site site) {
    this.site = site;
  }

  void show(Context context) {
    show(context, "", "", "");
  }

  private void show(Context context, String link, String password, String whose) {
    Account me = Visitor.of(context).as(Role.ADMIN);
    List<Invitation> open =
        site.store().invitations().list().stream()
            .filter(one -> one.redeemedBy().isEmpty())
            .filter(one -> one.expires().isAfter(site.config().store().clock().instant()))
            .toList();
    PeopleView view =
        new PeopleView(site.store().accounts().list(), open, link, password, whose, me.id());
    site.show(context, "people", site.shell(context, "People", "people"), view);
  }

  void invite(Context context) {
    Visitor visitor = Visitor.of(context);
    visitor.as(Role.ADMIN);
    Fields fields = Fields.of(context);
    String group = group(fields);
    String token =
        site.store().invitations().create(visitor.actor(), role(fields), group, INVITATION);
    show(context, site.link(context, "/join/" + token), "", "");
  }

  void revokeInvitation(Context context) {
    Visitor visitor = Visitor.of(context);
    visitor.as(Role.ADMIN);
    if (!site.store().invitations().revoke(visitor.actor(), PathIds.of(context, "id"))) {
      throw Refused.notFound("invitation");
    }
    site.go(context, "/people", Notice.REVOKED);
  }

  void change(Context context) {
    Visitor visitor = Visitor.of(context);
    Account me = visitor.as(Role.ADMIN);
    Account other = account(context);
    Fields fields = Fields.of(context);
    Role role = role(fields);
    boolean active = fields.on("active");
    if (other.id() == me.id() && (role != Role.ADMIN || !active)) {
      throw new Refused(
          HttpStatus.CONFLICT, "own_role", "You cannot take your own rights; another admin can.");
    }
    Actor actor = visitor.actor();
    if (role != other.role()) {
      site.store().accounts().setRole(actor, other.id(), role);
    }
    if (!group(fields).equals(other.group())) {
      site.store().accounts().setGroup(actor, other.id(), group(fields));
    }
    if (active != other.active()) {
      site.store().accounts().setActive(actor, other.id(), active);
    }
    if (!active) {
      site.store().sessions().closeAll(actor, other.id());
    }
    site.go(context, "/people", Notice.SAVED);
  }

  void signOutEverywhere(Context context) {
    Visitor visitor = Visitor.of(context);
    visitor.as(Role.ADMIN);
    site.store().sessions().closeAll(visitor.actor(), account(context).id());
    site.go(context, "/people", Notice.EVERYWHERE);
  }

  void newPassword(Context context) {
    Visitor visitor = Visitor.of(context);
    visitor.as(Role.ADMIN);
    Account other = account(context);
    String password = Tokens.random().substring(0, TEMPORARY_PASSWORD);
    String hash = PasswordHash.hash(password);
    site.store().accounts().setPassword(visitor.actor(), other.id(), hash);
    site.store().sessions().closeAll(visitor.actor(), other.id());
    show(context, "", password, other.name());
  }

  private Account account(Context context) {
    return site.store()
        .accounts()
        .byId(PathIds.of(context, "id"))
        .orElseThrow(() -> Refused.notFound("account"));
  }

  private static Role role(Fields fields) {
    return Stream.of(Role.values())
        .filter(role -> role.key().equals(fields.text("role")))
        .findFirst()
        .orElseThrow(() -> Refused.malformed("There is no such role."));
  }

  private static String group(Fields fields) {
    String group = fields.text("group").strip();
    if (group.length() > LONGEST_GROUP) {
      throw Refused.malformed("A group's name has at most " + LONGEST_GROUP + " characters.");
    }
    return group;
  }

  void audit(Context context) {
    Visitor.of(context).as(Role.ADMIN);
    long before = PathIds.query(context, "before", Long.MAX_VALUE);
    Map<Long, String> names = new HashMap<>();
    site.store().accounts().list().forEach(one -> names.put(one.id(), one.name()));
    List<AuditEntry> entries = site.store().audit().page(before, PAGE);
    List<AuditLine> lines = entries.stream().map(entry -> line(entry, names)).toList();
    long next = entries.size() < PAGE ? 0 : entries.get(entries.size() - 1).id();
    site.show(
        context, "audit", site.shell(context, "Audit log", "audit"), new AuditView(lines, next));
  }

  private static AuditLine line(AuditEntry entry, Map<Long, String> names) {
    String who =
        entry.actor().account().isPresent()
            ? names.getOrDefault(entry.actor().account().getAsLong(), "?")
            : "";
    String detail = entry.detail().isEmpty() ? "" : entry.detail().toString();
    return new AuditLine(entry, who, detail);
  }
}
