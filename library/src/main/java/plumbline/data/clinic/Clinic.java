package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;
import plumbline.data.Demonstration;
import plumbline.data.Dialogue;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;
import plumbline.data.Split;

/**
 * The built-in world: patients with complaints, doctors' replies of every quality, and the gold
 * quality of any reply.
 *
 * <p>A complaint is a site and a trigger. The trigger decides the likely cause and the fitting
 * advice, the site the fitting question and the right warning sign, so a model that learns these
 * rules answers complaints it never saw. Training and test complaints are disjoint and fixed.
 *
 * <p>Every kind of row is a function of (seed, split, index) alone: the same seed gives the same
 * rows, and the first rows of a longer list are those of a shorter one. Rows carry {@code world},
 * {@code complaint}, {@code site}, {@code trigger}, {@code split} and {@code source} in their meta,
 * and never the gold quality.
 */
public final class Clinic {
  /** Clean comparisons are only asked about replies at least this far apart in gold quality. */
  public static final double CLEAN_PAIR_GAP = 0.1;

  /** The label that {@link #ratings} carry. */
  public static final String RATING_LABEL = "quality";

  /** How carefully the doctors of this world answer: uniform between these two. */
  private static final double LEAST_CARE = 0.1;

  private static final double MOST_CARE = 0.85;

  /** The kinds of rows, each with its own stream of random numbers. */
  private enum Stream {
    DEMONSTRATION(1),
    PROMPT(2),
    PAIR(3),
    RANKING(4),
    RATING(5),
    DIALOGUE(6);

    final long key;

    Stream(long key) {
      this.key = key;
    }
  }

  private final long seed;
  private final double leastCare;
  private final double mostCare;

  public Clinic(long seed) {
    this(seed, LEAST_CARE, MOST_CARE);
  }

  /**
   * @param leastCare in [0, 1], of the doctors who reply
   * @param mostCare in [0, 1], at least {@code leastCare}
   */
  public Clinic(long seed, double leastCare, double mostCare) {
    if (!(leastCare >= 0 && leastCare <= mostCare && mostCare <= 1)) {
      throw new IllegalArgumentException(
          "care from %s to %s, wanted 0 <= least <= most <= 1".formatted(leastCare, mostCare));
    }
    this.seed = seed;
    this.leastCare = leastCare;
    this.mostCare = mostCare;
  }

  /** Patients' messages with a doctor's reply of mixed quality. */
  public List<Demonstration> demonstrations(Split split, int n) {
    return rows(
        split,
        n,
        Stream.DEMONSTRATION,
        random -> {
          Prompt prompt = prompt(split, random);
          return new Demonstration(prompt, reply(prompt, random));
        });
  }

  /**
   * Visits as a chat window keeps them: what one side says stands in several messages, with notices
   * of the service between.
   */
  public List<Dialogue> dialogues(Split split, int n) {
    return rows(
        split,
        n,
        Stream.DIALOGUE,
        random -> {
          Prompt prompt = prompt(split, random);
          return Chat.of(prompt, reply(prompt, random), random);
        });
  }

  /** Patients' messages. */
  public List<Prompt> prompts(Split split, int n) {
    return rows(split, n, Stream.PROMPT, random -> prompt(split, random));
  }

  /**
   * Two different replies to a message, in the order the annotator prefers. For an annotator who
   * {@linkplain Annotator#comparesCleanly compares cleanly} they are at least {@link
   * #CLEAN_PAIR_GAP} of gold quality apart.
   */
  public List<PreferencePair> pairs(Split split, int n, Annotator annotator) {
    return rows(split, n, Stream.PAIR, random -> pair(split, annotator, random));
  }

  /**
   * K different replies to a message, ranked by the annotator. Neighbours of equal gold quality are
   * marked as ties by an annotator who compares cleanly.
   *
   * @param k replies per message, 2 or more
   */
  public List<RankedResponses> rankings(Split split, int n, int k, Annotator annotator) {
    if (k < 2) {
      throw new IllegalArgumentException("a ranking needs k >= 2 replies, k is " + k);
    }
    return rows(split, n, Stream.RANKING, random -> ranking(split, k, annotator, random));
  }

  /** One reply to a message, rated by the annotator under {@link #RATING_LABEL}. */
  public List<RatedResponse> ratings(Split split, int n, Annotator annotator) {
    return rows(
        split,
        n,
        Stream.RATING,
        random -> {
          Prompt prompt = prompt(split, random);
          String reply = reply(prompt, random);
          double rating = annotator.rate(quality(prompt, reply), random);
          return new RatedResponse(prompt, reply, Map.of(RATING_LABEL, rating));
        });
  }

  /**
   * The gold quality of any reply to a prompt of this world, in [0, 1]. See {@link #assess}.
   *
   * @throws IllegalArgumentException if the prompt's meta does not say which complaint it is
   */
  public static double quality(Prompt prompt, String response) {
    return assess(prompt, response).total();
  }

  /**
   * What a reply says and what that is worth, read from its words alone: any text is accepted.
   *
   * @throws IllegalArgumentException if the prompt's meta does not say which complaint it is
   */
  public static Quality assess(Prompt prompt, String response) {
    return Gold.quality(Complaint.of(prompt), response);
  }

  /** A reply that says all that fits and nothing else: what the rules of the world give. */
  public static String bestReply(Prompt prompt) {
    return Doctor.fullReply(Complaint.of(prompt), new SplittableRandom(0));
  }

  private <T> List<T> rows(Split split, int n, Stream stream, Function<SplittableRandom, T> row) {
    if (n < 0) {
      throw new IllegalArgumentException("the number of rows is " + n + ", wanted 0 or more");
    }
    return IntStream.range(0, n).mapToObj(i -> row.apply(random(split, stream, i))).toList();
  }

  /** The random numbers of one row, independent of every other row's. */
  private SplittableRandom random(Split split, Stream stream, int row) {
    long mixed = seed;
    for (long part : new long[] {stream.key, split == Split.TRAIN ? 1 : 2, row + 1L}) {
      mixed = new SplittableRandom(mixed ^ (part * 0x9E3779B97F4A7C15L)).nextLong();
    }
    return new SplittableRandom(mixed);
  }

  private static Prompt prompt(Split split, SplittableRandom random) {
    Complaint complaint = Patient.pick(Complaint.of(split), random);
    Map<String, String> meta = new LinkedHashMap<>();
    meta.put("world", Complaint.WORLD);
    meta.put("complaint", complaint.id());
    meta.put("site", Complaint.name(complaint.site()));
    meta.put("trigger", Complaint.name(complaint.trigger()));
    meta.put("split", Complaint.name(split));
    meta.put("source", "built-in clinic");
    return new Prompt(Patient.tell(complaint, random), meta);
  }

  private String reply(Prompt prompt, SplittableRandom random) {
    double care = leastCare + (mostCare - leastCare) * random.nextDouble();
    return Doctor.reply(Complaint.of(prompt), care, random);
  }

  private PreferencePair pair(Split split, Annotator annotator, SplittableRandom random) {
    Prompt prompt = prompt(split, random);
    double gap = annotator.comparesCleanly() ? CLEAN_PAIR_GAP : 0;
    while (true) {
      String a = reply(prompt, random);
      String b = reply(prompt, random);
      double goldA = quality(prompt, a);
      double goldB = quality(prompt, b);
      if (!a.equals(b) && Math.abs(goldA - goldB) >= gap) {
        return annotator.prefersFirst(goldA, goldB, random)
            ? new PreferencePair(prompt, a, b)
            : new PreferencePair(prompt, b, a);
      }
    }
  }

  private RankedResponses ranking(
      Split split, int k, Annotator annotator, SplittableRandom random) {
    Prompt prompt = prompt(split, random);
    List<String> replies = new ArrayList<>();
    while (replies.size() < k) {
      String reply = reply(prompt, random);
      if (!replies.contains(reply)) {
        replies.add(reply);
      }
    }
    double[] gold = replies.stream().mapToDouble(r -> quality(prompt, r)).toArray();
    List<Integer> order = annotator.rank(gold, random);
    Set<Integer> ties = new HashSet<>();
    for (int i = 1; annotator.comparesCleanly() && i < k; i++) {
      if (gold[order.get(i)] == gold[order.get(i - 1)]) {
        ties.add(i);
      }
    }
    return new RankedResponses(prompt, order.stream().map(replies::get).toList(), ties);
  }
}
