package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters that requests load and unload, and tokens as ids. */
class LoadedAdaptersTest {
  @TempDir private static Path folder;
  private static TinyServer server;

  @BeforeAll
  static void start() {
    ServedFolders all = TinyServer.write(folder);
    ServedFolders base =
        new ServedFolders(
            "helper",
            all.folder(),
            Map.of("fixed", folder.resolve("ppo")),
            Map.of(),
            Optional.empty(),
            Optional.empty());
    server = TinyServer.of(folder, base, config -> config.withAdapters(Optional.of(folder)));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static TinyServer.Answer load(String name, String path) throws Exception {
    return server.post(
        "/v1/load_lora_adapter",
        "{\"lora_name\": \"%s\", \"lora_path\": \"%s\"}".formatted(name, path));
  }

  private static TinyServer.Answer unload(String name) throws Exception {
    return server.post("/v1/unload_lora_adapter", "{\"lora_name\": \"" + name + "\"}");
  }

  private static JsonNode complete(String model, String more) throws Exception {
    TinyServer.Answer answer =
        server.post(
            "/v1/completions",
            "{\"model\": \"%s\", \"prompt\": [5, 6, 7], \"logprobs\": 1, %s}"
                .formatted(model, more));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().at("/choices/0");
  }

  private static List<String> models() throws Exception {
    List<String> names = new ArrayList<>();
    server.get("/v1/models").json().get("data").forEach(one -> names.add(one.get("id").asText()));
    return names;
  }

  @Test
  void anAdapterThatARequestLoadsIsTheOneOfItsFolder() throws Exception {
    String seeded = "\"seed\": 4";
    JsonNode wanted = complete("fixed", seeded);
    assertThat(load("later", folder.resolve("ppo").toString()).status()).isEqualTo(200);
    assertThat(models()).containsExactly("helper", "fixed", "later");
    assertThat(complete("later", seeded)).isEqualTo(wanted);
    assertThat(complete("helper", seeded)).isNotEqualTo(wanted);
    assertThat(unload("later").status()).isEqualTo(200);
    assertThat(models()).containsExactly("helper", "fixed");
    assertThat(server.post("/v1/completions", "{\"model\": \"later\", \"prompt\": \"a\"}").status())
        .isEqualTo(404);
    // The same name may be another adapter next.
    assertThat(load("later", "dpo").status()).isEqualTo(200);
    assertThat(complete("later", seeded)).isNotEqualTo(wanted);
    assertThat(unload("later").status()).isEqualTo(200);
  }

  @Test
  void whatIsRefusedSaysWhy() throws Exception {
    assertThat(load("fixed", "ppo").error("message")).contains("'fixed' has already been loaded");
    assertThat(load("a b", "ppo").error("param")).isEqualTo("lora_name");
    assertThat(load("x", "helper").error("param")).isEqualTo("lora_path");
    assertThat(unload("fixed").error("message")).contains("is served since the start and stays");
    assertThat(unload("fixd").status()).isEqualTo(404);
    assertThat(server.post("/v1/load_lora_adapter", "{\"lora_name\": \"x\"}").error("message"))
        .isEqualTo("'lora_path' is missing.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", ".", "/etc", "../../etc", "missing", "link", "ppo/../../x"})
  void foldersOutsideAreRefusedAndMissingOnesSoundAlike(String path) throws Exception {
    Path link = folder.resolve("link");
    if (!Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(link, Path.of("/etc"));
    }
    TinyServer.Answer answer = load("x", path);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.error("message"))
        .isEqualTo("'lora_path' is " + path + ", wanted a folder below that of --lora-folder.");
  }

  @Test
  void aServerThatWasNotToldSoLoadsNothing() throws Exception {
    ServedFolders models = ServedFolders.of(folder.resolve("helper"));
    try (TinyServer closed = TinyServer.of(folder, models, config -> config)) {
      for (String what : List.of("load", "unload")) {
        TinyServer.Answer answer =
            closed.post(
                "/v1/" + what + "_lora_adapter", "{\"lora_name\": \"x\", \"lora_path\": \"ppo\"}");
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.error("message")).contains("--lora-folder");
      }
    }
  }

  @Test
  void anAdapterIsFreedWhenItsLastAnswerIsWhole() throws Exception {
    roundsOfLoading(3);
    long before = Pointer.totalCount();
    roundsOfLoading(10);
    assertThat(Pointer.totalCount()).isEqualTo(before);
  }

  private static void roundsOfLoading(int rounds) throws Exception {
    for (int round = 0; round < rounds; round++) {
      String name = "round-" + round;
      assertThat(load(name, "dpo").status()).isEqualTo(200);
      List<CompletableFuture<JsonNode>> running =
          IntStream.range(0, 4)
              .mapToObj(i -> CompletableFuture.supplyAsync(() -> endless(name, i)))
              .toList();
      while (server.get("/health").json().get("running").intValue() < 4
          && !running.stream().allMatch(CompletableFuture::isDone)) {
        Thread.onSpinWait();
      }
      assertThat(unload(name).status()).isEqualTo(200);
      for (CompletableFuture<JsonNode> answer : running) {
        assertThat(answer.get().get("token_ids")).hasSize(100);
      }
    }
    server.awaitHealth(0, 0);
  }

  private static JsonNode endless(String name, int seed) {
    try {
      return complete(
          name,
          "\"max_tokens\": 100, \"ignore_eos\": true, \"return_token_ids\": true, \"seed\": "
              + seed);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  // ---- tokens as ids

  @Test
  void idsAndLogprobsAreThoseOfTheTrainingForwardTheEndTokenIncluded() throws Exception {
    int ended = 0;
    for (int seed = 0; seed < 15; seed++) {
      JsonNode choice =
          complete("fixed", "\"return_token_ids\": true, \"max_tokens\": 60, \"seed\": " + seed);
      int[] ids = ints(choice.get("token_ids"));
      assertThat(ints(choice.get("prompt_token_ids"))).containsExactly(5, 6, 7);
      int[] row = IntStream.concat(IntStream.of(5, 6, 7), IntStream.of(ids)).toArray();
      float[] wanted = server.trainingLogprobs("ppo", row);
      JsonNode found = choice.at("/logprobs/token_logprobs");
      assertThat(found).hasSize(ids.length);
      for (int t = 0; t < ids.length; t++) {
        assertThat(found.get(t).doubleValue())
            .isCloseTo(wanted[2 + t], within(1e-5 * Math.max(1, -wanted[2 + t])));
      }
      boolean stopped = choice.get("finish_reason").asText().equals("stop");
      assertThat(ids.length == 60 || stopped).isTrue();
      ended += stopped ? 1 : 0;
    }
    assertThat(ended).isPositive();
  }

  @Test
  void aChoiceMayEndAtAnotherToken() throws Exception {
    String endless =
        "\"max_tokens\": 20, \"ignore_eos\": true, \"return_token_ids\": true, \"seed\": 3";
    int[] whole = ints(complete("fixed", endless).get("token_ids"));
    assertThat(whole).hasSize(20);
    int last = whole[7];
    JsonNode cut = complete("fixed", endless + ", \"stop_token_ids\": [" + last + "]");
    int first = IntStream.range(0, 20).filter(i -> whole[i] == last).findFirst().orElseThrow();
    assertThat(ints(cut.get("token_ids"))).isEqualTo(java.util.Arrays.copyOf(whole, first + 1));
    assertThat(cut.get("finish_reason").asText()).isEqualTo("stop");
    assertThat(
            server
                .post("/v1/completions", "{\"prompt\": \"a\", \"stop_token_ids\": [4]}")
                .error("message"))
        .contains("together with 'ignore_eos': true");
  }

  private static int[] ints(JsonNode list) throws IOException {
    return TinyServer.JSON.treeToValue(list, int[].class);
  }
}
