package com.example;

import java.nio.file.Path;
import java.util.Map;
import plumbline.pipeline.Stage;

/** Two models answer the same prompts: {@code JudgeTwoModels BEFORE AFTER DATA FOLDER}. */
public final class JudgeTwoModels {
  public static void main(String[] args) {
    Stage.Result result =
        Stage.of("winrate")
            .set("models", Map.of("before", args[0], "after", args[1]))
            .set("baseline", "before")
            .set("judges", Map.of("gold", "gold")) // or the YAML file of an LLM judge
            .set("data", args[2])
            .set("prompts", 16)
            .set("sampling.max_new_tokens", 24)
            .run(Path.of(args[3]));
    System.out.println(result.summary().toPrettyString());
  }
}
