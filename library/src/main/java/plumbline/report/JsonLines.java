package plumbline.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads JSON objects, one a line, from a file that a running or killed program may still own: a
 * line that does not parse is left out and warned of.
 */
final class JsonLines {
  static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Takes one row. */
  interface Rows {
    void add(int line, JsonNode row);
  }

  private JsonLines() {}

  /** Passes every object of {@code file} on; a missing file has none. */
  static void read(Path file, Rows rows, List<String> warnings) {
    if (!Files.isRegularFile(file)) {
      return;
    }
    int number = 0;
    int firstBad = 0;
    int bad = 0;
    boolean lastIsBad = false;
    // Not Files.newBufferedReader, which throws at a line torn inside a character.
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        JsonNode row = parse(line);
        lastIsBad = !row.isObject();
        if (lastIsBad) {
          bad++;
          firstBad = firstBad == 0 ? number : firstBad;
        } else {
          rows.add(number, row);
        }
      }
    } catch (IOException e) {
      warnings.add(file.getFileName() + " could be read only to line " + number + ": " + e);
    }
    if (lastIsBad) {
      warnings.add(file.getFileName() + ":" + number + ": the last line is torn and was left out");
      bad--;
    }
    if (bad > 0) {
      warnings.add(
          file.getFileName()
              + ":"
              + firstBad
              + ": no JSON object, left out"
              + (bad > 1 ? "; so were " + (bad - 1) + " further lines" : ""));
    }
  }

  private static JsonNode parse(String line) {
    try {
      return MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      return MAPPER.missingNode();
    }
  }
}
