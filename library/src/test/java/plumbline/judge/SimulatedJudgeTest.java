package plumbline.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.data.Prompt;
import plumbline.data.Split;
import plumbline.data.Verdict;
import plumbline.data.clinic.Clinic;
import plumbline.model.SharedBases;

class SimulatedJudgeTest {
  private static final List<Prompt> PROMPTS = new Clinic(1).prompts(Split.TRAIN, 100);
  private static final String FILLER = " The human body is a very complex system.";

  private static Judge judge(String keys) {
    try (SharedBases bases = new SharedBases()) {
      return new Judges(Map.of(), name -> null, bases, new Budget(OptionalDouble.empty()))
          .of(Config.parse(keys, "judge"));
    }
  }

  @Test
  void withoutNoiseItSeesTheQuality() {
    Judge judge = judge("{simulated: clinic, noise: 0}");

    assertThat(PROMPTS)
        .allSatisfy(
            prompt -> {
              assertThat(judge.rate(prompt, Clinic.bestReply(prompt)).stars()).hasValue(5);
              assertThat(judge.rate(prompt, "Nothing.").stars()).hasValue(1);
              assertThat(judge.compare(prompt, "Nothing.", Clinic.bestReply(prompt)).verdict())
                  .isEqualTo(Verdict.SECOND);
            });
  }

  @Test
  void noiseIsAFunctionOfTheSeedAndTheResponse() {
    Judge judge = judge("{simulated: clinic, noise: 0.3}");
    Judge other = judge("{simulated: clinic, noise: 0.3, seed: 2}");
    List<OptionalDouble> stars = stars(judge);

    assertThat(stars(judge)).isEqualTo(stars);
    assertThat(stars(other)).isNotEqualTo(stars);
    assertThat(other.version()).isNotEqualTo(judge.version());
  }

  private static List<OptionalDouble> stars(Judge judge) {
    return PROMPTS.stream()
        .map(prompt -> judge.rate(prompt, Clinic.bestReply(prompt)).stars())
        .toList();
  }

  @Test
  void oneThatLikesWordsPrefersFiller() {
    Judge fair = judge("{simulated: clinic, noise: 0}");
    Judge verbose = judge("{simulated: clinic, noise: 0, per_word: 0.1, usual_words: 50}");
    Prompt prompt = PROMPTS.get(0);
    String reply = Clinic.bestReply(prompt);

    assertThat(fair.rate(prompt, reply + FILLER.repeat(3)).stars().getAsDouble()).isLessThan(5);
    assertThat(verbose.compare(prompt, reply, reply + FILLER.repeat(3)).verdict())
        .isEqualTo(Verdict.SECOND);
  }

  @Test
  void oneThatLeansTowardsTheFirstContradictsItself() {
    Judge judge = judge("{simulated: clinic, noise: 0, first_bonus: 1}");
    Prompt prompt = PROMPTS.get(0);

    assertThat(judge.compare(prompt, "Nothing.", Clinic.bestReply(prompt)).verdict())
        .isNotEqualTo(Verdict.SECOND);
    assertThat(judge.compare(prompt, Clinic.bestReply(prompt), "Nothing.").verdict())
        .isEqualTo(Verdict.FIRST);
  }

  @Test
  void scoresArePartedIntoStars() {
    Judge judge = judge("{score: {gold: clinic}, stars: [0.2, 0.4, 0.6, 0.8]}");
    Prompt prompt = PROMPTS.get(0);

    assertThat(judge.rate(prompt, Clinic.bestReply(prompt)).stars()).hasValue(5);
    assertThat(judge.rate(prompt, "Nothing.").stars()).hasValue(1);
    assertThatThrownBy(() -> judge("{score: {gold: clinic}}").rate(prompt, "Nothing."))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("stars");
    assertThatThrownBy(() -> judge("{score: {gold: clinic}, stars: [1, 2]}"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("4 ascending");
  }
}
