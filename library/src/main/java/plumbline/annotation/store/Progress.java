package plumbline.annotation.store;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.hipparchus.stat.descriptive.rank.Median;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/** How far projects and people are, from what counts now. */
public final class Progress {
  private final Database database;
  private final AnswerReader answers;

  Progress(Database database, AnswerReader answers) {
    this.database = database;
    this.answers = answers;
  }

  /** A row with what its item's gold says. */
  private record Answered(CastVote vote, Optional<JsonNode> gold) {
    boolean isVote() {
      return vote.kind() == VoteKind.VOTE;
    }

    boolean regularVote() {
      return isVote() && gold.isEmpty();
    }
  }

  /**
   * Of a project.
   *
   * @throws Refusal if there is none
   */
  public ProjectProgress of(long projectId) {
    return database.snapshot(
        handle -> {
          Project project = Projects.find(handle, projectId).orElseThrow(Projects::noSuchProject);
          List<Answered> rows = rows(handle, projectId);
          Map<Long, List<Answered>> bySet = bySet(rows);
          Map<Long, List<Answered>> byAccount =
              rows.stream()
                  .collect(
                      Collectors.groupingBy(
                          row -> row.vote().accountId(), TreeMap::new, Collectors.toList()));
          List<PersonProgress> people = new ArrayList<>();
          byAccount.forEach(
              (account, own) -> people.add(person(handle, project, account, own, bySet)));
          people.sort(Comparator.comparing(person -> person.account().name()));
          return new ProjectProgress(
              items(handle, projectId, false),
              items(handle, projectId, true).values().stream().mapToInt(count -> count).sum(),
              (int) rows.stream().filter(Answered::regularVote).count(),
              wanted(handle, project),
              median(rows),
              meanAgreement(handle, projectId),
              people);
        });
  }

  /** Of one person in a project; empty where they have answered nothing. */
  public Optional<PersonProgress> of(long projectId, long accountId) {
    return database.snapshot(
        handle -> {
          Project project = Projects.find(handle, projectId).orElseThrow(Projects::noSuchProject);
          List<Answered> rows = rowsBeside(handle, projectId, accountId);
          List<Answered> own =
              rows.stream().filter(row -> row.vote().accountId() == accountId).toList();
          return own.isEmpty()
              ? Optional.empty()
              : Optional.of(person(handle, project, accountId, own, bySet(rows)));
        });
  }

  /** How many votes of a person count in a project: for pages that are asked for often. */
  public int votes(long projectId, long accountId) {
    return database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT COUNT(*) FROM votes v LEFT JOIN votes n ON n.supersedes = v.id"
                        + " WHERE v.account_id = :account AND v.project_id = :project"
                        + " AND v.kind = 'vote' AND v.lease_id IS NOT NULL AND n.id IS NULL")
                .bind("account", accountId)
                .bind("project", projectId)
                .mapTo(Integer.class)
                .one());
  }

  private static List<Answered> rows(Handle handle, long projectId) {
    return rows(handle.createQuery(rowsWhere("")).bind("project", projectId));
  }

  /** A person's and those of others on the same items. */
  private static List<Answered> rowsBeside(Handle handle, long projectId, long accountId) {
    String beside =
        " AND v.item_id IN (SELECT o.item_id FROM votes o"
            + " WHERE o.account_id = :account AND o.project_id = :project)";
    return rows(
        handle
            .createQuery(rowsWhere(beside))
            .bind("project", projectId)
            .bind("account", accountId));
  }

  private static String rowsWhere(String more) {
    return "SELECT v.*, n.id AS superseded_by, i.gold FROM votes v"
        + " LEFT JOIN votes n ON n.supersedes = v.id JOIN items i ON i.id = v.item_id"
        + " WHERE v.project_id = :project AND v.lease_id IS NOT NULL"
        + more
        + " AND"
        + VoteRows.CURRENT
        + "ORDER BY v.id";
  }

  private static List<Answered> rows(Query query) {
    return query
        .map((row, context) -> new Answered(VoteRows.vote(row), Rows.maybeJson(row, "gold")))
        .list();
  }

  private static Map<Long, List<Answered>> bySet(List<Answered> rows) {
    Map<Long, List<Answered>> bySet = new HashMap<>();
    for (Answered row : rows) {
      if (row.isVote()) {
        bySet.computeIfAbsent(row.vote().setId().orElseThrow(), set -> new ArrayList<>()).add(row);
      }
    }
    return bySet;
  }

  private PersonProgress person(
      Handle handle,
      Project project,
      long accountId,
      List<Answered> own,
      Map<Long, List<Answered>> bySet) {
    JsonNode questions = project.settings().questions();
    List<Answered> votes = own.stream().filter(Answered::isVote).toList();
    return new PersonProgress(
        Accounts.byId(handle, accountId).orElseThrow(),
        votes.size(),
        count(own, VoteKind.SKIP),
        count(own, VoteKind.DISCARD),
        median(own),
        (int) votes.stream().filter(row -> row.gold().isPresent()).count(),
        mean(
            votes.stream()
                .filter(row -> row.gold().isPresent())
                .map(
                    row ->
                        answers.accuracy(
                            questions, row.gold().orElseThrow(), row.vote().answers()))),
        firstPreferred(questions, votes),
        mean(votes.stream().flatMap(row -> withOthers(questions, row, bySet).stream())));
  }

  private static int count(List<Answered> rows, VoteKind kind) {
    return (int) rows.stream().filter(row -> row.vote().kind() == kind).count();
  }

  private static OptionalDouble median(List<Answered> rows) {
    double[] seconds =
        rows.stream().filter(Answered::isVote).mapToDouble(row -> row.vote().seconds()).toArray();
    return seconds.length == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(new Median().evaluate(seconds));
  }

  private static OptionalDouble mean(Stream<OptionalDouble> values) {
    return values.flatMapToDouble(OptionalDouble::stream).average();
  }

  private OptionalDouble firstPreferred(JsonNode questions, List<Answered> votes) {
    return votes.stream()
        .map(Answered::vote)
        .flatMapToDouble(
            vote ->
                answers
                    .preferred(questions, vote.answers())
                    .map(best -> DoubleStream.of(best.equals(vote.shown().get(0)) ? 1 : 0))
                    .orElse(DoubleStream.empty()))
        .average();
  }

  private List<OptionalDouble> withOthers(
      JsonNode questions, Answered own, Map<Long, List<Answered>> bySet) {
    return bySet.get(own.vote().setId().orElseThrow()).stream()
        .filter(other -> other.vote().accountId() != own.vote().accountId())
        .map(
            other ->
                answers.agreement(questions, List.of(own.vote().answers(), other.vote().answers())))
        .toList();
  }

  private static Map<ItemState, Integer> items(Handle handle, long projectId, boolean gold) {
    Map<ItemState, Integer> counts = new EnumMap<>(ItemState.class);
    for (ItemState state : ItemState.values()) {
      counts.put(state, 0);
    }
    handle
        .createQuery(
            "SELECT state, COUNT(*) AS items FROM items WHERE project_id = :project AND gold IS "
                + (gold ? "NOT NULL" : "NULL")
                + " GROUP BY state")
        .bind("project", projectId)
        .map((row, context) -> Map.entry(ItemState.of(row.getString("state")), row.getInt("items")))
        .forEach(count -> counts.put(count.getKey(), count.getValue()));
    return counts;
  }

  private static int wanted(Handle handle, Project project) {
    return project.settings().overlap()
        * handle
            .createQuery(
                "SELECT COUNT(*) FROM response_sets s JOIN items i ON i.id = s.item_id"
                    + " WHERE s.project_id = :project AND i.gold IS NULL"
                    + " AND i.state NOT IN ('discarded', 'adjudicated')")
            .bind("project", project.id())
            .mapTo(Integer.class)
            .one();
  }

  private static OptionalDouble meanAgreement(Handle handle, long projectId) {
    return handle
        .createQuery("SELECT AVG(agreement) AS mean FROM items WHERE project_id = :project")
        .bind("project", projectId)
        .map((row, context) -> Rows.maybeDouble(row, "mean"))
        .one();
  }
}
