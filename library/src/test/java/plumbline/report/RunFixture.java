package plumbline.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.StringJoiner;

/** Writes run directories that look like real ones. */
final class RunFixture {
  private static final String[][] CASES = {
    {"I have had a pounding headache behind my eyes since Monday.", "a tension headache"},
    {"My daughter, 6, has a red itchy rash on both arms.", "contact eczema"},
    {"It burns when I pass water & I go every hour.", "a bladder infection"},
    {"My lower back seized up when I lifted a box.", "a strained muscle"},
    {"I cough at night, and my chest feels tight.", "mild asthma"},
    {"There is a ringing in my left ear after a concert.", "noise-induced tinnitus"},
    {"I feel dizzy when I stand up quickly.", "low blood pressure on standing"},
    {"My knee swells after running <5 km.", "runner's knee"},
    {"Heartburn wakes me up two or three times a week.", "acid reflux"},
    {"My eyes are red, watery and sticky in the morning.", "conjunctivitis"},
  };

  private final Random random = new Random(5);

  /** A finished pipeline: data, sft, reward, ppo, evaluate. */
  static Path pipeline(Path folder) {
    RunFixture fixture = new RunFixture();
    write(
        folder.resolve("run.json"),
        """
        {"name": "clinic-quickstart", "kind": "pipeline", "seed": 7, "status": "ok",
         "started": "2026-03-02T09:14:03Z", "ended": "2026-03-02T09:17:15Z", "seconds": 191.6,
         "versions": {"plumbline": "0.1.0", "pytorch": "2.10.0-1.5.13"},
         "environment": {"java": "17.0.15", "os": "Linux 6.1 amd64", "cores": 2, "memory_mb": 24105,
           "threads": 2, "device": "cpu", "dtype": "float32"},
         "data": {}, "parents": [], "warnings": ["3 prompts were longer than 96 tokens and were cut"],
         "stages": [{"name": "data", "kind": "data", "status": "ok", "seconds": 1.9},
           {"name": "sft", "kind": "sft", "status": "ok", "seconds": 48.2},
           {"name": "reward", "kind": "reward", "status": "ok", "seconds": 31.0},
           {"name": "ppo", "kind": "ppo", "status": "ok", "seconds": 96.4},
           {"name": "evaluate", "kind": "evaluate", "status": "ok", "seconds": 14.1}]}
        """);
    write(folder.resolve("config.yaml"), "seed: 7\nstages: [data, sft, reward, ppo, evaluate]\n");
    fixture.stage(folder, "data", "data", 1.9, "[]");
    fixture.stage(folder, "sft", "sft", 48.2, "[]");
    fixture.stage(folder, "reward", "reward", 31.0, "[\"12 pairs with equal responses dropped\"]");
    fixture.stage(folder, "ppo", "ppo", 96.4, "[]");
    fixture.stage(folder, "evaluate", "evaluate", 14.1, "[]");
    write(folder.resolve("sft/metrics.jsonl"), fixture.sftMetrics(150));
    write(folder.resolve("reward/metrics.jsonl"), fixture.rewardMetrics(90));
    write(
        folder.resolve("reward/summary.json"),
        """
        {"accuracy": {"mean": 0.862, "low": 0.824, "high": 0.893, "n": 400},
         "reference": {"mean": -0.137, "std": 1.284, "n": 256}}
        """);
    write(folder.resolve("ppo/metrics.jsonl"), fixture.ppoMetrics(200));
    write(
        folder.resolve("ppo/config.yaml"),
        "policy: ../sft/model\nscore: {model: ../reward/model, scale: standardise}\nsteps: 200\n");
    write(
        folder.resolve("evaluate/summary.json"),
        evaluation("0.175", "0.1514", "0.1987", "\"a judge's caution\""));
    write(folder.resolve("evaluate/samples.jsonl"), fixture.pairs());
    return folder;
  }

  /** An evaluation's summary with this difference of gold quality. */
  static String evaluation(String mean, String low, String high, String warnings) {
    return """
    {"prompts": 200, "judge": "gold", "systems": {
      "sft": {"gold": {"mean": 0.412, "low": 0.389, "high": 0.436}, "reward": {"mean": -0.11, "std": 1.21},
        "response_length": 31.4, "distinct_1": 0.081, "distinct_2": 0.214, "repetition": 0.0312, "eos_rate": 0.975},
      "policy": {"gold": {"mean": %s, "low": 0.561, "high": 0.612}, "reward": {"mean": 1.52, "std": 0.64},
        "response_length": 38.9, "distinct_1": 0.066, "distinct_2": 0.171, "repetition": 0.0275, "eos_rate": 0.995,
        "kl": {"mean": 8.31, "low": 7.92, "high": 8.7}}},
     "difference": {"mean": %s, "low": %s, "high": %s},
     "win_rate": {"mean": 0.79, "low": 0.7325, "high": 0.8425, "wins": 156, "ties": 4, "losses": 40},
     "warnings": [%s]}
    """
        .formatted(0.412 + Double.parseDouble(mean), mean, low, high, warnings);
  }

  private void stage(Path folder, String name, String kind, double seconds, String warnings) {
    String data =
        kind.equals("data") || kind.equals("sft")
            ? "\"clinic/train.jsonl\": \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""
            : "";
    write(
        folder.resolve(name).resolve("run.json"),
        """
        {"name": "%s", "kind": "%s", "seed": 7, "status": "ok", "seconds": %s, "data": {%s},
         "environment": {"device": "cpu", "threads": %d}, "parents": [], "warnings": %s}
        """
            .formatted(name, kind, seconds, data, kind.equals("ppo") ? 1 : 2, warnings));
  }

  private String sftMetrics(int steps) {
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      double loss = 1.1 + 3.2 * Math.exp(-step / 30.0);
      Row row = new Row(step).add("loss/train", loss + noise(0.06));
      if (step % 10 == 0) {
        row.add("loss/test", loss + 0.08 + noise(0.01));
      }
      rows.append(row.add("lr", 1e-3 * (1 - step / 160.0)).add("grad_norm", 1 + noise(0.2)))
          .append('\n');
    }
    return rows.toString();
  }

  private String rewardMetrics(int steps) {
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      double margin = 2.1 * (1 - Math.exp(-step / 35.0));
      rows.append(
              new Row(step)
                  .add("loss/train", Math.log1p(Math.exp(-margin)) + noise(0.04))
                  .add("rewards/chosen", margin / 2 + noise(0.1))
                  .add("rewards/rejected", -margin / 2 + noise(0.1))
                  .add("rewards/margins", margin + noise(0.1))
                  .add("rewards/accuracies", 0.5 + 0.37 * (1 - Math.exp(-step / 20.0))))
          .append('\n');
    }
    return rows.toString();
  }

  private String ppoMetrics(int steps) {
    StringBuilder rows = new StringBuilder();
    for (int step = 1; step <= steps; step++) {
      double done = 1 - Math.exp(-step / 60.0);
      rows.append(
              new Row(step)
                  .add("reward/mean", -0.1 + 1.65 * done + noise(0.12))
                  .add("reward/std", 1.2 - 0.55 * done + noise(0.04))
                  .add("score/politeness", 0.4 + 0.5 * done + noise(0.03))
                  .add("objective/kl", 8.5 * done + noise(0.2))
                  .add("kl/coef", 0.05)
                  .add("loss/policy", -0.012 + noise(0.01))
                  .add("loss/value", 0.9 - 0.7 * done + noise(0.05))
                  .add("loss/total", 0.45 - 0.35 * done + noise(0.03))
                  .add("policy/entropy", 2.3 - 0.8 * done + noise(0.04))
                  .add("policy/approx_kl", 0.006 + noise(0.001))
                  .add("policy/clip_fraction", 0.06 + noise(0.01))
                  .add("policy/ratio", 1 + noise(0.002))
                  .add("returns/mean", -0.1 + 1.4 * done + noise(0.1))
                  .add("returns/var", 1.5 - 1.0 * done + noise(0.06))
                  .add("value/error", 1.8 - 1.4 * done + noise(0.08))
                  .add("value/explained_variance", 0.7 * done + noise(0.03))
                  .add("response/length_mean", 31 + 8 * done + noise(0.6))
                  .add("response/eos_rate", 0.97 + 0.02 * done)
                  .add("lr", 3e-5)
                  .add("grad_norm", 0.8 + noise(0.1))
                  .add("time/rollout_s", 0.24 + noise(0.02))
                  .add("time/score_s", 0.05 + noise(0.003))
                  .add("time/update_s", 0.19 + noise(0.02))
                  .add("tokens_per_s", 2650 + noise(80)))
          .append('\n');
    }
    return rows.toString();
  }

  private double noise(double scale) {
    return scale * random.nextGaussian();
  }

  private String pairs() {
    StringJoiner rows = new StringJoiner("\n", "", "\n");
    for (int i = 0; i < CASES.length; i++) {
      rows.add(
          """
          {"prompt": "%s", "before": {"response": "I am sorry. Please rest and drink water. Please rest.", "scores": {"gold": %.2f, "reward": %.2f}, "ended": %b}, "after": {"response": "That sounds like %s. Since when have you had it, and does it get worse at night? Rest, and come in at once if you have a fever or feel numb.", "scores": {"gold": %.2f, "reward": %.2f}, "ended": true}}"""
              .formatted(
                  CASES[i][0],
                  0.3 + 0.02 * i,
                  -0.5 + noise(0.5),
                  i != 3,
                  CASES[i][1],
                  0.55 + 0.03 * i,
                  1.5 + noise(0.3)));
    }
    return rows.toString();
  }

  static void write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A line of metrics.jsonl. */
  private static final class Row {
    private final StringJoiner fields = new StringJoiner(", ", "{", "}");

    Row(int step) {
      fields.add("\"step\": " + step);
    }

    Row add(String name, double value) {
      fields.add(String.format(Locale.ROOT, "\"%s\": %.6g", name, value));
      return this;
    }

    @Override
    public String toString() {
      return fields.toString();
    }
  }
}
