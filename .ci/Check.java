import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks what a command printed and wrote: {@code Check KIND RESULT.json [RUN_FOLDER]}, where KIND is
 * doctor, quickstart, run, study or claims.
 */
final class Check {
  private static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] args) throws IOException {
    JsonNode result = JSON.readTree(Path.of(args[1]).toFile());
    require(result.path("status").asText().equals("ok"), "status is ok", result.path("status"));
    if (!args[0].equals("doctor")) {
      checkReport(Path.of(result.path("report").asText()));
      checkMetrics(Path.of(args[2]));
    }
    if (args[0].equals("quickstart")) {
      checkQuickstart(result);
    }
    if (args[0].equals("study")) {
      checkStudy(result);
    }
    if (args[0].equals("claims")) {
      checkClaims(result);
    }
    System.err.println("ci: " + args[0] + " " + args[1] + " holds");
  }

  /** Every model's accuracy, or every method's gain, is there with its interval. */
  private static void checkStudy(JsonNode result) {
    String map = result.has("models") ? "models" : "methods";
    String number = map.equals("models") ? "accuracy" : "difference";
    require(result.path(map).size() > 1, "there are several " + map, result);
    result
        .path(map)
        .fieldNames()
        .forEachRemaining(
            name -> {
              String pointer = "/" + map + "/" + name + "/" + number;
              double mean = number(result, pointer + "/mean");
              require(
                  number(result, pointer + "/low") <= mean
                      && mean <= number(result, pointer + "/high"),
                  pointer + " lies in its interval",
                  result.at(pointer));
            });
  }

  /** Every claim of the publication has been measured, and its number lies in its interval. */
  private static void checkClaims(JsonNode result) {
    require(!result.path("claims").isEmpty(), "there are claims", result);
    for (JsonNode claim : result.get("claims")) {
      require(
          List.of("same direction", "no difference seen", "opposite")
              .contains(claim.path("verdict").asText()),
          "the claim has a verdict",
          claim);
      double value = number(claim, "/ours/value");
      require(
          number(claim, "/ours/low") <= value && value <= number(claim, "/ours/high"),
          "the number lies in its interval",
          claim);
    }
  }

  private static void checkQuickstart(JsonNode result) {
    double low = number(result, "/gold/difference/low");
    require(low > 0, "the gold quality's difference is above zero", result.path("gold"));
    require(
        number(result, "/gold/policy") > number(result, "/gold/sft"),
        "the policy's gold quality is above the SFT model's",
        result.path("gold"));
    require(
        number(result, "/reward/accuracy/mean") > 0.75,
        "the reward model's held-out accuracy is above 0.75",
        result.path("reward"));
    requireFall(result, "std");
    requireFall(result, "value_error");
    require(
        number(result, "/reward/end/mean") > number(result, "/reward/start/mean"),
        "the mean reward rises",
        result.path("reward"));
    require(number(result, "/peak_rss_mb") < 2048, "peak memory is below 2 GB", result);
    number(result, "/kl");
    number(result, "/seconds");
  }

  private static void requireFall(JsonNode result, String name) {
    require(
        number(result, "/reward/end/" + name) < number(result, "/reward/start/" + name),
        "the reward's " + name + " falls",
        result.path("reward"));
  }

  private static void checkReport(Path report) throws IOException {
    require(Files.isRegularFile(report), "the report exists", report);
    String html = Files.readString(report);
    require(html.contains("</html>"), "the report is whole", report);
    require(!html.contains("src=\"http"), "the report opens offline", report);
  }

  /** Every metrics.jsonl below the folder has rows, and every number in them is finite. */
  private static void checkMetrics(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(file -> file.endsWith("metrics.jsonl")).sorted().toList();
    }
    require(!files.isEmpty(), "there is a metrics.jsonl", folder);
    for (Path file : files) {
      List<String> rows = Files.readAllLines(file);
      require(!rows.isEmpty(), "the metrics have rows", file);
      for (String row : rows) {
        JSON.readTree(row)
            .properties()
            .forEach(
                metric ->
                    require(
                        !metric.getValue().isNumber()
                            || Double.isFinite(metric.getValue().asDouble()),
                        metric.getKey() + " is finite",
                        file + ": " + row));
      }
    }
  }

  private static double number(JsonNode result, String pointer) {
    JsonNode node = result.at(pointer);
    require(
        node.isNumber() && Double.isFinite(node.asDouble()), pointer + " is a number", result);
    return node.asDouble();
  }

  private static void require(boolean holds, String what, Object found) {
    if (!holds) {
      System.err.println("ci: expected that " + what + ", found " + found);
      System.exit(1);
    }
  }
}
