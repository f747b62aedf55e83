package plumbline.distributed;

import java.lang.reflect.Type;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.tensor.Scopes;

/**
 * The processes that work on one thing together, seen from one of them: its rank.
 *
 * <p>Every rank runs the same program on the same configuration and comes to the same exchanges in
 * the same order; a share of the computation is its own. {@link #current} is the world of this
 * thread, which is {@link #alone} unless somebody {@link #run}s something in another: then every
 * exchange does nothing and every share is the whole.
 */
public final class World {
  private static final ThreadLocal<World> CURRENT = new ThreadLocal<>();
  private static final World ALONE = new World(Optional.empty());

  /**
   * All that were ever joined, one in the life of a process: libtorch's objects know each other by
   * counts that Java's do not take part in, and an exchange may be under way when one is left.
   */
  private static final Queue<World> JOINED = new ConcurrentLinkedQueue<>();

  /** Bytes that are exchanged at a time: large enough for the network, small beside a model. */
  private static final long BUCKET_BYTES = 32L << 20;

  private static final int BUCKETS_IN_FLIGHT = 2;

  private final Optional<Members> members;

  /** What a world of several has. */
  private static final class Members {
    final Placement place;
    final MeetingPoint point;
    final Group group;
    final Pulse pulse;
    long exchanges;
    long firsts;

    Members(Placement place, Deadlines deadlines, Consumer<String> lost) {
      this.place = place;
      this.point =
          MeetingPoint.of(
              place.address(),
              place.port(),
              place.rank() == 0 && !place.hosted(),
              deadlines.exchange());
      try {
        this.group = new Group(place, deadlines.exchange());
      } catch (RuntimeException e) {
        throw e instanceof plumbline.InputException
            ? e
            : new RankLost(
                "not all of "
                    + place.size()
                    + " ranks met at "
                    + place.place()
                    + " within "
                    + Deadlines.words(deadlines.exchange())
                    + ": "
                    + MeetingPoint.firstLine(e),
                e);
      }
      this.pulse = Pulse.start(place, deadlines.sign(), lost);
    }
  }

  private World(Optional<Members> members) {
    this.members = members;
  }

  /** The world of one. */
  public static World alone() {
    return ALONE;
  }

  /** The world of this thread. */
  public static World current() {
    World world = CURRENT.get();
    return world == null ? ALONE : world;
  }

  /**
   * Meets the other ranks, runs {@code body} with that world as this thread's, and parts from them
   * when all are done.
   *
   * @param lost told on another thread, at most once, that a rank gives no sign of life: this
   *     thread may then be in an exchange that only the end of the process ends
   * @throws RankLost if a rank fails or does not come to an exchange within the deadline
   */
  public static <T> T run(
      Placement place, Deadlines deadlines, Consumer<String> lost, Function<World, T> body) {
    World world = new World(Optional.of(new Members(place, deadlines, lost)));
    JOINED.add(world);
    CURRENT.set(world);
    try {
      T result = body.apply(world);
      world.part();
      return result;
    } finally {
      CURRENT.remove();
      world.members.orElseThrow().pulse.close();
    }
  }

  /** Nobody who keeps the meeting point goes before the others have gone. */
  private void part() {
    Members own = members.orElseThrow();
    barrier();
    String left = "left-" + own.place.attempt();
    own.pulse.close();
    if (rank() == 0) {
      while (own.point.add(left, 0) < size() - 1) {
        MeetingPoint.pause();
      }
    } else {
      own.point.add(left, 1);
    }
  }

  public int rank() {
    return members.map(own -> own.place.rank()).orElse(0);
  }

  public int size() {
    return members.map(own -> own.place.size()).orElse(1);
  }

  /** Whether this is rank 0, who writes what a run leaves. */
  public boolean isFirst() {
    return rank() == 0;
  }

  // ---- exchanges

  /** Waits until every rank has come here. */
  public void barrier() {
    gather(new byte[0], "a barrier");
  }

  /** What every rank sends, in their order. */
  public List<byte[]> gather(byte[] own) {
    return gather(own, "gathering data");
  }

  private List<byte[]> gather(byte[] own, String what) {
    if (members.isEmpty()) {
      return List.of(own);
    }
    return exchange(what, with -> Scopes.call(() -> Arrays.asList(with.group.gather(own))));
  }

  /** Adds up each tensor over the ranks, in place, in buckets. */
  public void sum(Collection<Tensor> tensors) {
    inBuckets(tensors, "adding up", (with, bucket) -> with.group.sum(bucket));
  }

  /** Gives every rank the tensors of one, in place, in buckets. */
  public void broadcast(Collection<Tensor> tensors, int from) {
    inBuckets(
        tensors,
        "taking over what rank " + from + " has",
        (with, bucket) -> with.group.broadcast(bucket, from));
  }

  /** Joins what the ranks have, each tensors of one size and shape, in their order. */
  public Tensor join(Tensor own) {
    if (members.isEmpty()) {
      return own;
    }
    return exchange(
        "joining",
        with -> {
          Tensor flat = own.reshape(-1);
          Tensor joined = torch.zeros(new long[] {size() * flat.numel()}, flat.options());
          with.group.await(with.group.gather(joined, flat));
          return joined;
        });
  }

  private interface Exchange {
    Work begin(Members with, Tensor bucket);
  }

  private record Flight(List<Tensor> tensors, Tensor bucket, Work work) {}

  private void inBuckets(Collection<Tensor> tensors, String what, Exchange exchange) {
    if (members.isEmpty() || tensors.isEmpty()) {
      return;
    }
    exchange(
        what,
        with -> {
          Scopes.noGrad(() -> Scopes.run(() -> inBuckets(with, tensors, exchange)));
          return null;
        });
  }

  private static void inBuckets(Members with, Collection<Tensor> tensors, Exchange exchange) {
    Deque<Flight> flights = new ArrayDeque<>();
    for (List<Tensor> part : parts(tensors)) {
      if (flights.size() == BUCKETS_IN_FLIGHT) {
        land(with, flights.remove());
      }
      Tensor[] flat = part.stream().map(t -> t.reshape(-1)).toArray(Tensor[]::new);
      Tensor bucket = Scopes.keep(torch.cat(new TensorVector(flat)));
      flights.add(new Flight(part, bucket, exchange.begin(with, bucket)));
    }
    while (!flights.isEmpty()) {
      land(with, flights.remove());
    }
  }

  private static void land(Members with, Flight flight) {
    with.group.await(flight.work());
    long from = 0;
    for (Tensor tensor : flight.tensors()) {
      long count = tensor.numel();
      tensor.copy_(flight.bucket().narrow(0, from, count).view_as(tensor));
      from += count;
    }
    flight.bucket().close();
  }

  private static List<List<Tensor>> parts(Collection<Tensor> tensors) {
    List<List<Tensor>> parts = new ArrayList<>();
    long bytes = BUCKET_BYTES;
    ScalarType last = ScalarType.Undefined;
    for (Tensor tensor : tensors) {
      ScalarType type = tensor.scalar_type().intern();
      if (bytes >= BUCKET_BYTES || type != last) {
        last = type;
        parts.add(new ArrayList<>());
        bytes = 0;
      }
      parts.get(parts.size() - 1).add(tensor);
      bytes += tensor.numel() * tensor.element_size();
    }
    return parts;
  }

  private <T> T exchange(String what, Function<Members, T> body) {
    Members with = members.orElseThrow();
    with.exchanges++;
    String name = "exchange " + with.exchanges + ", " + what;
    with.pulse.at("that it is in " + name);
    try {
      T result = body.apply(with);
      with.pulse.at("that it has done " + name);
      return result;
    } catch (RankLost e) {
      throw e;
    } catch (RuntimeException e) {
      throw new RankLost(
          "rank "
              + rank()
              + " of "
              + size()
              + " waited in vain for another in "
              + name
              + ": "
              + MeetingPoint.firstLine(e),
          e);
    }
  }

  /** What rank 0 has. */
  public byte[] broadcast(byte[] own) {
    return gather(isFirst() ? own : new byte[0], "taking over data").get(0);
  }

  /** What rank 0 says. */
  public boolean agreed(boolean own) {
    return broadcast(new byte[] {(byte) (own ? 1 : 0)})[0] == 1;
  }

  /**
   * What rank 0 computes, alone.
   *
   * @param type of it, plain data
   */
  public <T> T fromFirst(Class<T> type, Supplier<T> computed) {
    if (members.isEmpty()) {
      return computed.get();
    }
    List<T> found =
        share(List.of(0), type, own -> own.isEmpty() ? List.of() : List.of(computed.get()));
    return found.get(0);
  }

  // ---- shares

  /**
   * Work on parts, each done by one rank; every rank gets all results, in the order of the parts.
   *
   * @param cost of a part, tokens for example: the ranks' sums of it are balanced
   * @param type of a result, plain data: numbers, texts, arrays, lists, maps and records of them
   * @param work the results of some parts, in their order
   * @throws RankLost if another rank's work fails
   * @throws ArithmeticException if it fails by one
   */
  public <P, R> List<R> share(
      List<P> parts, ToLongFunction<P> cost, Type type, Function<List<P>, List<R>> work) {
    if (members.isEmpty()) {
      return work.apply(parts);
    }
    int[] ranks = Shares.of(parts.stream().mapToLong(cost).toArray(), size());
    int[] own = IntStream.range(0, parts.size()).filter(i -> ranks[i] == rank()).toArray();
    List<R> done = tried(() -> work.apply(Arrays.stream(own).mapToObj(parts::get).toList()), type);
    List<R> all = new ArrayList<>();
    int[] next = new int[size()];
    List<List<R>> byRank = told(done, type);
    for (int rank : ranks) {
      all.add(byRank.get(rank).get(next[rank]++));
    }
    return all;
  }

  /** As above, of parts that cost about the same. */
  public <P, R> List<R> share(List<P> parts, Type type, Function<List<P>, List<R>> work) {
    return share(parts, part -> 1, type, work);
  }

  private interface Tried<R> {
    List<R> run();
  }

  /** Own results; if there are none, the others are told why before the failure goes on. */
  private <R> List<R> tried(Tried<R> work, Type type) {
    List<R> done;
    try {
      done = alone(work::run);
    } catch (RuntimeException | Error e) {
      boolean arithmetic = e instanceof ArithmeticException;
      String what = arithmetic ? "found: " + e.getMessage() : "failed: " + e;
      tell(new Told(false, arithmetic, "rank %d of %d %s".formatted(rank(), size(), what)), type);
      throw e;
    }
    return done;
  }

  /**
   * What comes before the results.
   *
   * @param arithmetic of a failure, whether it is one of numbers, which all may know an answer to
   */
  private record Told(boolean done, boolean arithmetic, String failure) {
    RuntimeException exception() {
      return arithmetic ? new ArithmeticException(failure) : new RankLost(failure);
    }
  }

  private void tell(Told failure, Type type) {
    gather(Wire.bytes(Told.class, failure), "sharing " + type.getTypeName());
  }

  private <R> List<List<R>> told(List<R> done, Type type) {
    byte[] head = Wire.bytes(Told.class, new Told(true, false, ""));
    byte[][] items = new byte[done.size()][];
    Arrays.setAll(items, i -> Wire.bytes(type, done.get(i)));
    byte[] body = Wire.bytes(byte[][].class, items);
    byte[] message = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, message, head.length, body.length);
    List<List<R>> all = new ArrayList<>();
    for (byte[] sent : gather(message, "sharing " + type.getTypeName())) {
      if (sent[0] == 0) {
        throw ((Told) Wire.value(Told.class, sent)).exception();
      }
      all.add(results(Arrays.copyOfRange(sent, head.length, sent.length), type));
    }
    return all;
  }

  @SuppressWarnings("unchecked") // the other ranks run this very program
  private static <R> List<R> results(byte[] body, Type type) {
    byte[][] items = (byte[][]) Wire.value(byte[][].class, body);
    return Arrays.stream(items).map(item -> (R) Wire.value(type, item)).toList();
  }

  private interface Body<T> {
    T get();
  }

  /** Within {@code body} this thread is alone: nobody else comes to its exchanges. */
  private static <T> T alone(Body<T> body) {
    World before = CURRENT.get();
    CURRENT.set(ALONE);
    try {
      return body.get();
    } finally {
      CURRENT.set(before);
    }
  }

  /**
   * Has rank 0 alone run {@code body}, while the others wait as long as it takes.
   *
   * @throws RankLost if it fails there
   */
  public void first(Runnable body) {
    if (members.isEmpty()) {
      body.run();
      return;
    }
    Members own = members.get();
    String name = "first-" + own.place.attempt() + "/" + own.firsts++;
    if (rank() > 0) {
      own.pulse.at("that it waits for rank 0");
      String failure = own.point.await(name);
      if (!failure.isEmpty()) {
        throw new RankLost("rank 0 of " + size() + " failed: " + failure);
      }
      return;
    }
    own.pulse.at("that it works while the others wait");
    try {
      alone(
          () -> {
            body.run();
            return null;
          });
    } catch (RuntimeException | Error e) {
      own.point.put(name, String.valueOf(e));
      throw e;
    }
    own.point.put(name, "");
  }
}
