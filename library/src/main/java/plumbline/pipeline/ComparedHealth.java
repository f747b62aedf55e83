package plumbline.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What a look at a policy's numbers tells about its training.
 *
 * @param usual what many trainings show and what need not worry
 * @param worrying what should be changed
 */
record ComparedHealth(List<String> usual, List<String> worrying) {
  /** Nats per response from which on a policy has gone far, whatever it has gained. */
  private static final double FAR = 10;

  /** Change of a share of the answers that is seen. */
  private static final double SEEN = 0.1;

  ComparedHealth {
    usual = List.copyOf(usual);
    worrying = List.copyOf(worrying);
  }

  /**
   * Reads the numbers of a comparison.
   *
   * @param judge whose score is the quality
   * @param before the numbers of the model before
   * @param after those of the policy with {@code difference} and {@code kl}
   * @param training the summary of the stage that trained it, or an empty object
   */
  static ComparedHealth of(String judge, JsonNode before, JsonNode after, JsonNode training) {
    List<String> usual = new ArrayList<>();
    List<String> worrying = new ArrayList<>();
    boolean falls = after.at("/difference/high").asDouble() < 0;
    String change = change(judge, after.path("difference"));
    double chosen = training.path("chosen_change").asDouble(0);
    double rejected = training.path("rejected_change").asDouble(0);
    if (chosen < 0 && rejected < 0) {
      String both =
          format(
              "both log-probs fall in training, of chosen responses by %.1f nats and of rejected"
                  + " ones by %.1f: usual for DPO; ",
              -chosen, -rejected);
      if (falls) {
        worrying.add(both + "here " + change + " too: lower the learning rate or add sft_weight");
      } else {
        usual.add(both + change);
      }
    } else if (falls) {
      worrying.add(change + ": lower the learning rate");
    }
    double kl = after.at("/kl/mean").asDouble();
    if (kl > FAR) {
      worrying.add(
          format(
              "it went %.0f nats per answer from the model before: lower the learning rate or raise"
                  + " beta",
              kl));
    }
    double ended = after.path("eos_rate").asDouble();
    if (ended < before.path("eos_rate").asDouble() - SEEN) {
      worrying.add(format("only %.0f%% of its answers end within the limit", 100 * ended));
    }
    double repeated = after.path("repetition").asDouble();
    if (repeated > before.path("repetition").asDouble() + SEEN) {
      worrying.add(format("%.0f%% of the three-word runs of its answers repeat", 100 * repeated));
    }
    return new ComparedHealth(usual, worrying);
  }

  private static String change(String judge, JsonNode difference) {
    double mean = difference.path("mean").asDouble();
    if (difference.path("low").asDouble() > 0) {
      return format("%s rises by %.2f", judge, mean);
    }
    return difference.path("high").asDouble() < 0
        ? format("%s falls by %.2f", judge, -mean)
        : format("%s may not have changed (%+.2f)", judge, mean);
  }

  List<String> lines() {
    return Stream.concat(worrying.stream(), usual.stream()).toList();
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
