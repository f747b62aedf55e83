package plumbline.data.clinic;

/**
 * What a reply really says, and how good that is.
 *
 * @param cause 1 if it names the likely cause and no other, else 0
 * @param question 1 if it asks the question that fits and no other, else 0
 * @param advice 1 if it gives the fitting advice and no other, else 0
 * @param warning 1 if it gives the right warning sign and no other, else 0
 * @param polite 1 courteous, 0 neither, -1 rude
 * @param rambling words that say nothing new, as a share of {@value #RAMBLING_WORDS}, in [0, 1]
 * @param invented how many causes, questions, pieces of advice and warnings of other complaints it
 *     names
 * @param total the gold quality, in [0, 1]
 */
public record Quality(
    double cause,
    double question,
    double advice,
    double warning,
    double polite,
    double rambling,
    int invented,
    double total) {
  static final double CAUSE_WEIGHT = 0.25;
  static final double QUESTION_WEIGHT = 0.2;
  static final double ADVICE_WEIGHT = 0.25;
  static final double WARNING_WEIGHT = 0.2;
  static final double POLITE_WEIGHT = 0.1;
  static final double INVENTED_PENALTY = 0.15;

  /** This many words that say nothing new cost the whole quality. */
  static final int RAMBLING_WORDS = 80;

  /**
   * total = 0.25 cause + 0.2 question + 0.25 advice + 0.2 warning + 0.1 polite - rambling - 0.15
   * invented, clipped to [0, 1] and rounded to 1e-6 so that equally good replies tie exactly.
   */
  static Quality of(
      boolean cause,
      boolean question,
      boolean advice,
      boolean warning,
      int polite,
      int ramblingWords,
      int invented) {
    double rambling = Math.min(1, (double) ramblingWords / RAMBLING_WORDS);
    double sum =
        (cause ? CAUSE_WEIGHT : 0)
            + (question ? QUESTION_WEIGHT : 0)
            + (advice ? ADVICE_WEIGHT : 0)
            + (warning ? WARNING_WEIGHT : 0)
            + POLITE_WEIGHT * polite
            - rambling
            - INVENTED_PENALTY * invented;
    double total = Math.rint(Math.max(0, Math.min(1, sum)) * 1e6) / 1e6;
    return new Quality(
        cause ? 1 : 0,
        question ? 1 : 0,
        advice ? 1 : 0,
        warning ? 1 : 0,
        polite,
        rambling,
        invented,
        total);
  }
}
