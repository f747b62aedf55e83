package plumbline.score;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import plumbline.InputException;
import plumbline.data.AtomicFile;

/**
 * Mean and standard deviation of a reward model's scores on reference responses; they travel in the
 * model's folder as {@code score_statistics.json}.
 *
 * @param mean of the raw scores
 * @param deviation unbiased standard deviation of the raw scores, above 0
 * @param count number of reference responses
 */
public record ScoreStatistics(double mean, double deviation, int count) {
  private static final String FILE = "score_statistics.json";
  private static final ObjectMapper JSON = new ObjectMapper();

  public ScoreStatistics {
    if (!Double.isFinite(mean) || !(deviation > 0) || Double.isInfinite(deviation)) {
      throw new IllegalArgumentException(
          "scores have mean "
              + mean
              + " and deviation "
              + deviation
              + ", wanted a deviation above 0");
    }
  }

  /** The statistics of these scores. */
  public static ScoreStatistics of(double[] scores) {
    double mean = java.util.Arrays.stream(scores).average().orElse(Double.NaN);
    double squares = java.util.Arrays.stream(scores).map(s -> (s - mean) * (s - mean)).sum();
    return new ScoreStatistics(mean, Math.sqrt(squares / (scores.length - 1)), scores.length);
  }

  /** (score - mean) / deviation. */
  public double standardise(double score) {
    return (score - mean) / deviation;
  }

  /**
   * Reads the statistics of a reward model's folder.
   *
   * @throws InputException if the folder has none
   */
  public static ScoreStatistics read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      JsonNode json = JSON.readTree(Files.readString(file));
      return new ScoreStatistics(
          json.path("mean").asDouble(Double.NaN),
          json.path("deviation").asDouble(Double.NaN),
          json.path("count").asInt());
    } catch (NoSuchFileException e) {
      throw unusable(file, "there is no such file", e);
    } catch (JsonProcessingException e) {
      throw unusable(file, "not JSON (" + e.getOriginalMessage() + ")", e);
    } catch (IOException | IllegalArgumentException e) {
      throw unusable(file, e.getMessage(), e);
    }
  }

  private static InputException unusable(Path file, String why, Exception cause) {
    return new InputException(
        file
            + ": "
            + why
            + ", so scores cannot be standardised; use 'scale: raw', or train the reward model with"
            + " 'plumbline train reward'",
        cause);
  }

  /** Puts the statistics into a reward model's folder. */
  public void write(Path folder) {
    String json =
        JSON.createObjectNode()
            .put("mean", mean)
            .put("deviation", deviation)
            .put("count", count)
            .toPrettyString();
    AtomicFile.writeText(folder.resolve(FILE), json + "\n");
  }
}
