package com.example;

import java.nio.file.Path;
import java.util.List;
import plumbline.data.Completion;
import plumbline.score.RewardModelScorer;
import plumbline.score.Scorer;

/** Which of two answers a reward model prefers: {@code ScorePairs REWARD_MODEL}. */
public final class ScorePairs {
  public static void main(String[] args) {
    String prompt = "I have had a headache for two days.";
    try (Scorer model = RewardModelScorer.open(Path.of(args[0]))) {
      double[] scores =
          model
              .score(
                  List.of(
                      Completion.of(prompt, "I am sorry to hear that. Do you have a fever?"),
                      Completion.of(prompt, "Go away.")))
              .total();
      System.out.printf("%.3f and %.3f%n", scores[0], scores[1]);
    }
  }
}
