package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import plumbline.annotation.AnswerCounts;
import plumbline.annotation.Vote;
import plumbline.annotation.VoteFiles;
import plumbline.annotation.VotedItem;
import plumbline.collect.LabelTask;
import plumbline.collect.PeopleLabel;
import plumbline.data.GrowingFile;
import plumbline.data.Sha256;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;
import plumbline.pipeline.CollectConfig.People;
import plumbline.pipeline.CollectConfig.Person;

/**
 * People's votes on labelling tasks: those of a file, or of simulated people of the built-in world;
 * votes of people who fail the tasks of known answer do not count.
 */
final class PeoplesVotes {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Votes on a task that count: the share, ties as half, for one of its candidates. */
  private record Tally(String candidate, double share, int votes) {}

  private static final class Voter {
    private int votes;
    private int known;
    private int right;

    private boolean counts(double least) {
      return known == 0 || right >= least * known;
    }
  }

  private final People keys;
  private final Path tasks;
  private final Map<String, LabelTask> known = new HashMap<>();
  private final Map<String, Voter> people = new TreeMap<>();
  private final Map<String, Tally> tallies = new HashMap<>();
  private final AnswerCounts answers = new AnswerCounts();
  private long agreeing;
  private long compared;
  private long discarded;

  PeoplesVotes(People keys, Path tasks) {
    this.keys = keys;
    this.tasks = tasks;
  }

  /**
   * Writes the votes of simulated people: each task's by as many of them as overlap, in turn, and
   * all people's on tasks of known answer.
   *
   * @return the file, whose rows say that they are simulated
   */
  Path simulate(Path file, long seed) {
    if (Files.exists(file)) {
      return file;
    }
    List<String> names = List.copyOf(keys.simulated().keySet());
    int[] next = {0};
    try (GrowingFile out = new GrowingFile(file);
        Stream<LabelTask> rows = LabelTask.read(tasks)) {
      rows.forEach(
          task -> {
            ObjectNode item = JSON.createObjectNode().put("id", task.id()).put("simulated", true);
            int asked = task.isKnown() ? names.size() : keys.overlap();
            for (int i = 0; i < asked; i++) {
              String name = names.get((next[0] + i) % names.size());
              ObjectNode vote = item.withArray("/votes").addObject().put("annotator", name);
              vote(name, task, seed).forEach(vote.putObject("ranks")::put);
            }
            next[0] += task.isKnown() ? 0 : 1;
            out.append(stream -> stream.write((item + "\n").getBytes(StandardCharsets.UTF_8)));
          });
      out.finish();
    }
    return file;
  }

  private Map<String, Integer> vote(String name, LabelTask task, long seed) {
    Person person = keys.simulated().get(name);
    LabelTask.Response a = task.responses().get(0);
    LabelTask.Response b = task.responses().get(1);
    double goldA = Clinic.quality(task.prompt(), a.content());
    double goldB = Clinic.quality(task.prompt(), b.content());
    Map<String, Integer> ranks = new TreeMap<>(Map.of(a.id(), 1, b.id(), 1));
    if (Math.abs(goldA - goldB) > person.tie()) {
      SplittableRandom random =
          new SplittableRandom(Sha256.prefix(seed + "\n" + name + "\n" + task.id()));
      boolean first =
          new Annotator(person.temperature(), person.flip(), 0).prefersFirst(goldA, goldB, random);
      ranks.put(first ? b.id() : a.id(), 2);
    }
    return ranks;
  }

  /** Reads the votes twice: who knows the known answers, then what those say of the rest. */
  void read(Path votes) {
    try (Stream<LabelTask> rows = LabelTask.read(tasks)) {
      rows.filter(LabelTask::isKnown).forEach(task -> known.put(task.id(), task));
    }
    VoteFiles.forEach(votes, this::examine);
    Set<String> trusted = new HashSet<>();
    people.forEach(
        (name, record) -> {
          if (record.counts(keys.knownRight())) {
            trusted.add(name);
          }
        });
    VoteFiles.forEach(votes, item -> tally(item, trusted));
  }

  private void examine(VotedItem item) {
    LabelTask task = known.get(item.id());
    for (Vote vote : item.votes()) {
      Voter record = people.computeIfAbsent(vote.annotator(), name -> new Voter());
      record.votes++;
      if (task != null) {
        record.known++;
        record.right += isRight(task, vote) ? 1 : 0;
      }
    }
  }

  private static boolean isRight(LabelTask task, Vote vote) {
    LabelTask.Response better = task.responses().get(task.knownRank(firstId(task)) == 1 ? 0 : 1);
    LabelTask.Response worse = task.responses().get(task.knownRank(firstId(task)) == 1 ? 1 : 0);
    return rank(vote, better) < rank(vote, worse);
  }

  private static String firstId(LabelTask task) {
    return task.responses().get(0).id();
  }

  /** A response goes by its id or, where the votes name models, by its model. */
  private static double rank(Vote vote, LabelTask.Response response) {
    double byModel = vote.ranks().getOrDefault(response.model(), Double.POSITIVE_INFINITY);
    return vote.ranks().getOrDefault(response.id(), byModel);
  }

  private void tally(VotedItem item, Set<String> trusted) {
    if (known.containsKey(item.id())) {
      return;
    }
    String first = item.shown().get(0);
    String second = item.shown().get(1);
    List<Double> points = new ArrayList<>();
    for (Vote vote : item.votes()) {
      if (!trusted.contains(vote.annotator())) {
        discarded++;
        continue;
      }
      double a = vote.ranks().getOrDefault(first, Double.POSITIVE_INFINITY);
      double b = vote.ranks().getOrDefault(second, Double.POSITIVE_INFINITY);
      points.add(a < b ? 1 : a > b ? 0 : 0.5);
    }
    for (int i = 0; i < points.size(); i++) {
      for (int j = 0; j < i; j++) {
        compared++;
        agreeing += points.get(i).equals(points.get(j)) ? 1 : 0;
      }
    }
    answers.add(points);
    double share = points.stream().mapToDouble(p -> p).average().orElse(0.5);
    tallies.put(item.id(), new Tally(first, share, points.size()));
  }

  /** The votes that count, of each task: 1 for its first response, 0 for the other, 1/2 a tie. */
  AnswerCounts answers() {
    return answers;
  }

  /** What the votes on a task come to. */
  PeopleLabel label(LabelTask task) {
    Tally tally = tallies.get(task.id());
    if (tally == null) {
      return new PeopleLabel(task.id(), 0.5, 0, "no votes");
    }
    LabelTask.Response a = task.responses().get(0);
    boolean isFirst =
        tally.candidate().equals(a.id())
            || (tally.candidate().equals(a.model())
                && !tally.candidate().equals(task.responses().get(1).id()));
    double share = isFirst ? tally.share() : 1 - tally.share();
    String lost =
        tally.votes() < keys.leastVotes()
            ? "too few votes"
            : share == 0.5
                ? "people see no difference"
                : Math.max(share, 1 - share) < keys.agreement() - 1e-9 ? "people disagree" : "";
    return new PeopleLabel(task.id(), share, tally.votes(), lost);
  }

  /**
   * {@code {simulated, agreement, discarded_votes, people: {name: {votes, known, right, counts}}}}.
   */
  ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("simulated", keys.votes().isEmpty());
    json.put("overlap", keys.overlap());
    json.put("agreement", compared == 0 ? Double.NaN : (double) agreeing / compared);
    json.put("discarded_votes", discarded);
    ObjectNode list = json.putObject("people");
    people.forEach(
        (name, record) ->
            list.putObject(name)
                .put("votes", record.votes)
                .put("known", record.known)
                .put("right", record.right)
                .put("counts", record.counts(keys.knownRight())));
    return json;
  }
}
