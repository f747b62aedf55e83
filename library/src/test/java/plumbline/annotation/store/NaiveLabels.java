package plumbline.annotation.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/** What the store should do, with lists and loops, for items of one response set without gold. */
final class NaiveLabels {
  /** Somebody's work on an item. */
  private static final class Work {
    final String account;
    final int item;
    boolean open = true;
    long until;
    String draft;
    String kind;
    String answer;

    Work(String account, int item) {
      this.account = account;
      this.item = item;
    }

    boolean live(long now) {
      return open && until > now;
    }
  }

  private final int overlap;
  private final long leaseMillis;
  private final int items;
  private final List<Work> works = new ArrayList<>();
  private final Map<String, List<Work>> answered = new HashMap<>();
  private final TreeSet<Integer> decided = new TreeSet<>();
  long now;

  NaiveLabels(int items, int overlap, long leaseMillis, long now) {
    this.items = items;
    this.overlap = overlap;
    this.leaseMillis = leaseMillis;
    this.now = now;
  }

  Optional<Integer> next(String account) {
    Optional<Work> held = held(account);
    if (held.isPresent()) {
      return Optional.of(held.get().item);
    }
    letGo(account);
    List<Integer> free = new ArrayList<>();
    for (int item = 0; item < items; item++) {
      boolean done = find(account, item).filter(work -> work.kind != null).isPresent();
      if (!done && open(item) && votes(item) + live(item) < overlap) {
        free.add(item);
      }
    }
    free.sort(Comparator.comparing((Integer item) -> -votes(item)).thenComparing(item -> item));
    if (free.isEmpty()) {
      return Optional.empty();
    }
    Work work =
        find(account, free.get(0))
            .orElseGet(
                () -> {
                  Work fresh = new Work(account, free.get(0));
                  works.add(fresh);
                  return fresh;
                });
    lease(work);
    return Optional.of(work.item);
  }

  private void lease(Work work) {
    work.open = true;
    work.until = now + leaseMillis;
  }

  private Optional<Work> held(String account) {
    return works.stream()
        .filter(work -> work.account.equals(account) && work.live(now))
        .findFirst();
  }

  private Optional<Work> find(String account, int item) {
    return works.stream()
        .filter(work -> work.account.equals(account) && work.item == item)
        .findFirst();
  }

  private void letGo(String account) {
    works.stream().filter(work -> work.account.equals(account)).forEach(work -> work.open = false);
  }

  private long votes(int item) {
    return works.stream().filter(work -> work.item == item && "vote".equals(work.kind)).count();
  }

  private long live(int item) {
    return works.stream().filter(work -> work.item == item && work.live(now)).count();
  }

  private boolean discarded(int item) {
    return works.stream().anyMatch(work -> work.item == item && "discard".equals(work.kind));
  }

  private boolean open(int item) {
    return !decided.contains(item) && !discarded(item);
  }

  /** The reason of a refusal, or empty. */
  String answer(String account, int item, String kind, String answer) {
    Work work = find(account, item).orElseThrow();
    if (work.kind != null) {
      return "ANSWERED";
    }
    String refusal = "";
    if (decided.contains(item)) {
      refusal = "CLOSED";
    } else if (kind.equals("vote") && !work.live(now) && votes(item) + live(item) >= overlap) {
      refusal = "PLACE_TAKEN";
    }
    if (!refusal.isEmpty()) {
      work.draft = kind.equals("vote") ? answer : work.draft;
      return refusal;
    }
    work.kind = kind;
    work.answer = kind.equals("vote") ? answer : null;
    work.open = false;
    work.draft = null;
    answered.computeIfAbsent(account, name -> new ArrayList<>()).add(work);
    return "";
  }

  String edit(String account, int item, String answer) {
    if (decided.contains(item)) {
      return "CLOSED";
    }
    Work work = find(account, item).orElseThrow();
    work.answer = answer;
    answered.get(account).remove(work);
    answered.get(account).add(work);
    return "";
  }

  String undo(String account) {
    List<Work> before = answered.getOrDefault(account, List.of());
    if (before.isEmpty()) {
      return "NOTHING_TO_UNDO";
    }
    Work work = before.get(before.size() - 1);
    if (decided.contains(work.item)) {
      return "CLOSED";
    }
    before.remove(before.size() - 1);
    letGo(account);
    work.draft = work.kind.equals("vote") ? work.answer : work.draft;
    work.kind = null;
    work.answer = null;
    if (votes(work.item) + live(work.item) < overlap) {
      lease(work);
      return "item " + work.item;
    }
    return "gone";
  }

  void release(String account, int item) {
    find(account, item).filter(work -> work.live(now)).ifPresent(work -> work.open = false);
  }

  String saveDraft(String account, int item, String draft) {
    Work work = find(account, item).orElseThrow();
    if (work.kind != null) {
      return "ANSWERED";
    }
    work.draft = draft;
    if (work.live(now)) {
      work.until = now + leaseMillis;
    }
    return "";
  }

  void decide(int item) {
    decided.add(item);
  }

  /** Takes back discards and last words; whoever discarded is through with the item. */
  String reopen(int item) {
    if (open(item)) {
      return "NOTHING_TO_UNDO";
    }
    decided.remove(item);
    for (Work work : works) {
      if (work.item == item && "discard".equals(work.kind)) {
        work.kind = "overruled";
        answered.get(work.account).remove(work);
      }
    }
    return "";
  }

  String state(int item) {
    if (decided.contains(item)) {
      return "ADJUDICATED";
    }
    return discarded(item) ? "DISCARDED" : votes(item) >= overlap ? "DONE" : "OPEN";
  }

  /** Account to answer of the votes that count. */
  Map<String, String> answers(int item) {
    Map<String, String> answers = new HashMap<>();
    works.stream()
        .filter(work -> work.item == item && "vote".equals(work.kind))
        .forEach(work -> answers.put(work.account, work.answer));
    return answers;
  }

  Optional<String> draft(String account, int item) {
    return Optional.ofNullable(find(account, item).orElseThrow().draft);
  }
}
