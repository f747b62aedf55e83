package plumbline.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import plumbline.data.exhibit.Estimate;

/** The run's outcome in a sentence or two, computed from its numbers. */
final class Headline {
  private Headline() {}

  /** Plain text. */
  static String of(Run run) {
    JsonNode claims = run.summary().path("claims");
    return claims.isArray() && !claims.isEmpty()
        ? unfinished(run).orElseGet(() -> claims(claims))
        : ofNumbers(run);
  }

  private static String claims(JsonNode claims) {
    Map<String, Integer> counts = new TreeMap<>();
    claims.forEach(claim -> counts.merge(claim.path("verdict").asText(), 1, Integer::sum));
    List<String> parts = new ArrayList<>();
    add(parts, counts.remove("same direction"), " in the same direction");
    add(parts, counts.remove("no difference seen"), " without a difference that could be seen");
    add(parts, counts.remove("opposite"), " in the opposite direction");
    counts.forEach((verdict, count) -> add(parts, count, " " + verdict));
    return "Of %d claims of the publication: %s."
        .formatted(claims.size(), String.join(", ", parts));
  }

  private static void add(List<String> parts, Integer count, String what) {
    if (count != null) {
      parts.add(count + what);
    }
  }

  private static String ofNumbers(Run run) {
    Optional<Evaluation> evaluation =
        run.parts("evaluate").stream()
            .flatMap(part -> Evaluation.of(part.summary()).stream())
            .findFirst();
    if (evaluation.isPresent() && evaluation.get().difference().isPresent()) {
      return verdict(evaluation.get(), trainedKl(run));
    }
    return unfinished(run).orElseGet(() -> withoutEvaluation(run));
  }

  private static String verdict(Evaluation evaluation, OptionalDouble trainedKl) {
    Estimate difference = evaluation.difference().orElseThrow();
    StringBuilder text = new StringBuilder();
    String quality = evaluation.quality();
    if (!difference.hasInterval()) {
      text.append("The change of ").append(quality).append(" has no interval: ");
    } else if (!difference.excludes(0)) {
      text.append("No change of ").append(quality).append(" is shown: ");
    } else if (difference.mean() > 0) {
      text.append("Alignment raised ").append(quality).append(": ");
    } else {
      text.append("Alignment lowered ").append(quality).append(": ");
    }
    if (evaluation.before().isPresent() && evaluation.after().isPresent()) {
      text.append(Numbers.mean(evaluation.before().get()))
          .append(" before, ")
          .append(Numbers.mean(evaluation.after().get()))
          .append(" after, ");
    }
    text.append("a difference of ").append(Numbers.signedMean(difference));
    if (difference.hasInterval()) {
      text.append(" (95% interval ").append(Numbers.interval(difference));
      text.append(difference.excludes(0) ? ")" : ", which contains 0)");
    }
    if (evaluation.prompts() >= 0) {
      text.append(" on ").append(evaluation.prompts()).append(" prompts");
    }
    return text.append(", at ").append(kl(evaluation, trainedKl)).append('.').toString();
  }

  private static String kl(Evaluation evaluation, OptionalDouble trained) {
    if (evaluation.kl().isPresent()) {
      return "a KL of " + Numbers.mean(evaluation.kl().get()) + " nats from the reference";
    }
    return trained.isPresent()
        ? "a KL of " + Numbers.plain(trained) + " nats from the reference at the end of training"
        : "a KL from the reference that was not measured";
  }

  private static OptionalDouble trainedKl(Run run) {
    List<Run> ppo = run.parts("ppo");
    return ppo.isEmpty()
        ? OptionalDouble.empty()
        : ppo.get(ppo.size() - 1).metrics().end("objective/kl");
  }

  private static Optional<String> unfinished(Run run) {
    return switch (run.status()) {
      case "failed" ->
          Optional.of(
              "This run failed"
                  + stage(run, "failed").map(name -> " in stage " + name).orElse("")
                  + "; nothing below is a result.");
      case "running" ->
          Optional.of(
              "This run has not finished"
                  + stage(run, "running").map(name -> ": it is in stage " + name).orElse("")
                  + "; the numbers below are those so far.");
      default -> Optional.empty();
    };
  }

  private static Optional<String> stage(Run run, String status) {
    return run.stages().stream()
        .filter(stage -> stage.status().equals(status))
        .map(Run::name)
        .findFirst();
  }

  private static String withoutEvaluation(Run run) {
    return run.parts("eval_reward").stream()
        .flatMap(part -> MeasuredRewardModels.headline(part.summary()).stream())
        .findFirst()
        .orElseGet(() -> trained(run));
  }

  private static String trained(Run run) {
    return switch (run.kind()) {
      case "reward" ->
          Estimate.of(run.summary().path("accuracy"))
              .map(Headline::accuracy)
              .orElse("The reward model's accuracy on held-out pairs was not measured.");
      case "ppo" ->
          "Mean reward went from "
              + Numbers.plain(run.metrics().start("reward/mean"))
              + " to "
              + Numbers.plain(run.metrics().end("reward/mean"))
              + " at a KL of "
              + Numbers.plain(run.metrics().end("objective/kl"))
              + "; whether the responses got better was not measured.";
      case "sft" ->
          "Training loss went from "
              + Numbers.plain(run.metrics().start("loss/train"))
              + " to "
              + Numbers.plain(run.metrics().end("loss/train"))
              + ".";
      default -> "Nothing was evaluated: whether the model got better was not measured.";
    };
  }

  private static String accuracy(Estimate accuracy) {
    String text =
        "The reward model prefers the chosen response of "
            + Numbers.percent(accuracy.mean())
            + " of held-out pairs";
    if (!accuracy.hasInterval()) {
      return text + " (no interval given).";
    }
    text += " (95% interval " + Numbers.percentInterval(accuracy);
    return text + (accuracy.low() > 0.5 ? ")." : "), which chance alone may give.");
  }
}
