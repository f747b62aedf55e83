package plumbline.annotation.store;

import java.util.OptionalDouble;

/**
 * What one person did in a project, current rows only.
 *
 * @param votes answers to items that are not gold, and to those that are
 * @param medianSeconds of the votes; empty without any
 * @param goldVotes votes on gold items
 * @param goldAccuracy mean share of gold answers met, in [0, 1]; empty without gold votes
 * @param firstPreferred share of votes that prefer what was shown first, of those that prefer one
 *     response; 1/2 is what pairs in random order give a fair annotator
 * @param agreement mean agreement of the person's votes with the others' on the same items and
 *     sets, in [0, 1]
 */
public record PersonProgress(
    Account account,
    int votes,
    int skips,
    int discards,
    OptionalDouble medianSeconds,
    int goldVotes,
    OptionalDouble goldAccuracy,
    OptionalDouble firstPreferred,
    OptionalDouble agreement) {}
