package plumbline.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import plumbline.config.ConfigTest.Everything;
import plumbline.config.ConfigTest.Ppo;

class DescriptionTest {
  @Test
  void theSchemaHoldsTypesRangesDefaultsAndMeanings() throws IOException {
    JsonNode schema = new ObjectMapper().readTree(Config.schema(Ppo.class));

    assertThat(schema.get("$schema").asText())
        .isEqualTo("https://json-schema.org/draft/2020-12/schema");
    assertThat(schema.get("additionalProperties").asBoolean()).isFalse();
    assertThat(schema.get("required")).hasToString("[\"model\"]");
    JsonNode keys = schema.get("properties");
    assertThat(keys.get("clip_range"))
        .hasToString(
            "{\"type\":\"number\",\"minimum\":0,\"maximum\":1,"
                + "\"description\":\"clip range\",\"default\":0.2}");
    assertThat(keys.get("prompts_per_update").get("type").asText()).isEqualTo("integer");
    assertThat(keys.get("critic").get("enum")).hasToString("[\"separate\",\"value_head\"]");
    // A number or a boolean where a text is wanted is taken as it is written.
    assertThat(keys.get("reference").get("anyOf"))
        .hasToString("[{\"type\":[\"string\",\"number\",\"boolean\"]},{\"type\":\"null\"}]");
    assertThat(keys.get("sampling").get("$ref").asText()).isEqualTo("#/$defs/ConfigTest.Sampling");
    JsonNode sampling = schema.get("$defs").get("ConfigTest.Sampling").get("properties");
    assertThat(sampling.get("top_k").get("default").asInt()).isZero();
  }

  @Test
  void theSchemaKnowsEveryType() throws IOException {
    JsonNode keys = new ObjectMapper().readTree(Config.schema(Everything.class)).get("properties");

    assertThat(keys.get("weights").get("items").get("minimum").asInt()).isZero();
    assertThat(keys.get("weights").get("default")).hasToString("[0.25,0.75]");
    assertThat(keys.get("counts").get("additionalProperties").get("type").asText())
        .isEqualTo("integer");
    assertThat(keys.get("score").get("default"))
        .hasToString("{\"model\":\"rm\",\"of\":[1,\"2\",\"yes\",{\"x\":null}]}");
    assertThat(keys.get("maybe_long").get("default").asLong()).isEqualTo(8);
    assertThat(keys.get("maybe_int").get("default").isNull()).isTrue();
    assertThat(keys.get("critic").get("default").asText()).isEqualTo("value_head");
  }

  @Test
  void theTableListsNestedKeysByTheirPath() {
    assertThat(Config.table(Ppo.class))
        .isEqualTo(
            """
            | key | default | range | meaning |
            | --- | --- | --- | --- |
            | `prompts_per_update` | `64` | >= 1 | prompts per update |
            | `clip_range` | `0.2` | from 0 to 1 | clip range |
            | `critic` | `separate` | `separate`, `value_head` | where values come from |
            | `model` | required |  | folder of the policy |
            | `reference` | none |  | folder of the reference |
            | `sampling.temperature` | `1.0` | >= 0 | softmax temperature |
            | `sampling.top_k` | `0` | >= 0 | 0 keeps all tokens |
            """);
  }

  @Test
  void distanceCountsASwapOnce() {
    assertThat(Nearest.distance("model", "modle")).isEqualTo(1);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
  }
}
