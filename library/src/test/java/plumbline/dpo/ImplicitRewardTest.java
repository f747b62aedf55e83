package plumbline.dpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.InputException;
import plumbline.TinyModels;
import plumbline.config.Config;
import plumbline.data.Completion;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.score.LeafKind;
import plumbline.score.ScoreTree;
import plumbline.score.Scorer;
import plumbline.tensor.Engine;

class ImplicitRewardTest {
  private static final List<LeafKind> LEAVES =
      List.of(new LeafKind("implicit", ImplicitLeaf.class));

  private static final List<Completion> ANSWERS =
      List.of(
          new Completion(Prompt.of("say cat"), "the cat sat", true),
          new Completion(Prompt.of("say the the dog"), "dog", true),
          new Completion(Prompt.of("say cat"), "an ant ran the the", false));

  @TempDir private Path folder;

  @BeforeEach
  void makeModels() {
    Engine.configure("cpu", 1);
    for (String name : List.of("policy", "start")) {
      Path model = folder.resolve(name);
      try (TextModel made = TinyModels.of(model, EnumSet.of(Head.LANGUAGE), name.length())) {
        TinyModels.sharpen(made.transformer(), 4);
        made.save(made.transformer(), model);
      }
    }
  }

  private Scorer scorer(String tree) {
    try (SharedBases bases = new SharedBases()) {
      return ScoreTree.build(Config.parse(tree, "tree"), folder::resolve, bases, LEAVES);
    }
  }

  private double[] scores(String tree) {
    try (Scorer scorer = scorer(tree)) {
      return scorer.score(ANSWERS).total();
    }
  }

  /** log p(response | prompt) of each answer by a loop in double precision. */
  private double[] naive(String name) {
    try (TextModel model = TextModel.load(folder.resolve(name), Head.LANGUAGE)) {
      return ANSWERS.stream()
          .mapToDouble(
              answer ->
                  DpoTrainerTest.logprob(
                      model.transformer(),
                      model.text().prompt(answer.prompt()),
                      model.text().response(answer.response())))
          .toArray();
    }
  }

  @Test
  void itIsBetaTimesTheLogRatioOfANaiveLoop() {
    double[] policy = naive("policy");
    double[] start = naive("start");
    double[] found = scores("{implicit: policy, reference: start, beta: 0.3}");
    for (int i = 0; i < found.length; i++) {
      double wanted = 0.3 * (policy[i] - start[i]);
      assertThat(Math.abs(wanted)).isGreaterThan(0.01);
      assertThat(found[i]).isCloseTo(wanted, within(1e-5 * Math.abs(policy[i])));
    }
  }

  @Test
  void withoutAReferenceItIsTheLogprobAndTheMeanDividesByTheTokens() {
    double[] policy = naive("policy");
    double[] sum = scores("{implicit: policy, reference: none, beta: 2}");
    double[] mean = scores("{implicit: policy, reference: none, beta: 2, logprobs: mean}");
    try (TextModel model = TextModel.load(folder.resolve("policy"), Head.LANGUAGE)) {
      for (int i = 0; i < sum.length; i++) {
        int tokens = model.text().response(ANSWERS.get(i).response()).length;
        assertThat(tokens).isGreaterThan(1);
        assertThat(sum[i]).isCloseTo(2 * policy[i], within(1e-5 * Math.abs(2 * policy[i])));
        assertThat(mean[i] * tokens).isCloseTo(sum[i], within(1e-9 * Math.abs(sum[i])));
      }
    }
  }

  @Test
  void aPolicyThatIsItsReferenceSaysNothing() {
    assertThat(scores("{implicit: start, reference: start}")).containsOnly(0);
  }

  @Test
  void whatDoesNotFitIsCutAndCounted() {
    Completion longer = new Completion(Prompt.of("the cat ".repeat(200)), "the cat sat", true);
    try (Scorer scorer = scorer("{implicit: policy, reference: start}")) {
      assertThat(scorer.state()).isEqualTo(NullNode.getInstance());
      assertThat(scorer.score(List.of(longer, ANSWERS.get(0))).total())
          .satisfies(total -> assertThat(Arrays.stream(total).allMatch(Double::isFinite)).isTrue());
      assertThat(scorer.truncated()).isEqualTo(1);
      try (Scorer again = scorer("{implicit: policy, reference: start}")) {
        again.restore(scorer.state());
        assertThat(again.truncated()).isEqualTo(1);
      }
    }
  }

  @Test
  void wrongKeysAreRefused() {
    refused("{implicit: policy}", "reference");
    refused("{implicit: policy, reference: start, beta: 0}", "beta is 0");
    refused("{implicit: policy, reference: start, logprobs: ld}", "wanted sum or mean");
  }

  private static void refused(String tree, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ScoreTree.check(Config.parse(tree, "tree"), LEAVES))
        .withMessageContaining(message);
  }
}
