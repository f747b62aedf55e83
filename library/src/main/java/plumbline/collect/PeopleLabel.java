package plumbline.collect;

/**
 * What people's votes on a task came to.
 *
 * @param id the task's
 * @param forFirst share of the votes, ties as half, for the response {@code a}
 * @param votes votes that counted
 * @param lost why the pair has no label; empty if it has one
 */
public record PeopleLabel(String id, double forFirst, int votes, String lost) {
  /** The share for the presumed better answer. */
  double forBetter() {
    return LabelTask.isBetterFirst(id) ? forFirst : 1 - forFirst;
  }

  /** Whether people prefer the other answer than the judges. */
  boolean turns() {
    return forBetter() < 0.5;
  }
}
