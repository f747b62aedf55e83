package com.example;

import java.nio.file.Path;
import plumbline.pipeline.Stage;

/** Preference pairs in, a reward model out: {@code TrainRewardModel FOLDER}. */
public final class TrainRewardModel {
  public static void main(String[] args) {
    Path runs = Path.of(args[0]);
    Stage.Result data =
        Stage.of("data").set("format", "clinic").set("pairs", 300).run(runs.resolve("data"));
    Stage.Result start =
        Stage.of("scratch").set("data", data).set("layers", 1).run(runs.resolve("start"));
    Stage.Result reward =
        Stage.of("reward")
            .set("model", start)
            .set("data", data)
            .set("optimizer.lr", 3e-3)
            .set("max_steps", 20)
            .run(runs.resolve("reward"));
    System.out.println("right on held-out pairs: " + reward.summary().at("/accuracy/mean"));
  }
}
