package com.example;

import java.nio.file.Path;
import plumbline.data.Completion;
import plumbline.pipeline.Stage;
import plumbline.score.Rule;

/** PPO on a reward that is a few lines of Java: {@code PpoWithOwnReward MODEL DATA FOLDER}. */
public final class PpoWithOwnReward {
  /** Likes questions, and answers of about twenty words. */
  public static final class Curious implements Rule {
    @Override
    public double score(Completion completion) {
      int words = completion.response().split("\\s+").length;
      return (completion.response().contains("?") ? 1 : 0) - Math.abs(words - 20) / 20.0;
    }
  }

  public static void main(String[] args) {
    Stage.Result policy =
        Stage.of("ppo")
            .set("model", args[0])
            .set("data", args[1])
            .reward(Curious.class)
            .set("steps", 3)
            .set("prompts_per_update", 16)
            .set("sampling.max_new_tokens", 24)
            .run(Path.of(args[2]));
    System.out.println("the new policy: " + policy.folder() + ", " + policy.summary());
  }
}
