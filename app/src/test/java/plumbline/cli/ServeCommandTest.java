package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static plumbline.cli.Captured.plumbline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  private static final Pattern ADDRESS =
      Pattern.compile("serving: (http://127\\.0\\.0\\.1:\\d+)/v1");
  private static final String KEY = "a-key-of-24-characters-x";

  @TempDir private Path folder;
  private Path model;

  @BeforeEach
  void write() {
    model = TinyModel.language(folder.resolve("helper"));
  }

  private void assertRefused(String says, String... more) {
    String[] words = new String[more.length + 2];
    words[0] = "serve";
    words[1] = model.toString();
    System.arraycopy(more, 0, words, 2, more.length);
    Captured refused = plumbline(words);
    assertThat(refused.err()).contains(says);
    assertThat(refused.err().lines()).hasSize(1);
    assertThat(refused.code()).isEqualTo(ExitCode.BAD_INPUT);
  }

  @Test
  void aPortInUseIsSaid() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertRefused(
          taken.getLocalPort() + ": cannot listen there; is the port taken?",
          "--port",
          Integer.toString(taken.getLocalPort()));
    }
  }

  @Test
  void wrongModelsAreSaid() throws IOException {
    Path reward = TinyModel.reward(folder.resolve("reward"));
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertRefused("--adapter is 'ppo', wanted NAME=DIR", "--adapter", "ppo");
    assertRefused("there is no such folder", "--adapter", "ppo=" + folder.resolve("no"));
    assertRefused("no config.json here", "--reward", "judge=" + empty);
    assertRefused("wanted one with LANGUAGE", "--adapter", "ppo=" + reward);
    assertRefused("wanted one with SCORE", "--reward", "judge=" + model);
    assertRefused(
        "names 'judge' twice", "--reward", "judge=" + reward, "--reward", "judge=" + reward);
    assertRefused("the name 'helper' is given to", "--reward", "helper=" + reward);
  }

  @Test
  void wrongOptionsAreSaid() throws IOException {
    Path keys = Files.writeString(folder.resolve("keys"), "# nobody\n");
    Path brief = Files.writeString(folder.resolve("brief"), "secret\n");
    assertRefused("holds no key", "--api-keys", keys.toString());
    assertRefused("a key has 6 characters, wanted at least 16", "--api-keys", brief.toString());
    assertRefused("cannot be read", "--api-keys", folder.resolve("none").toString());
    assertRefused("--max-rows is 0, wanted at least 1", "--max-rows", "0");
    assertRefused("--port is 70000", "--port", "70000");
    assertRefused("--tls-cert and --tls-key are wanted together", "--tls-cert", "x.pem");
  }

  @Test
  void servesUntilItIsToldToStop() throws Exception {
    Path reward = TinyModel.reward(folder.resolve("reward"));
    Process process =
        CommandProcess.start(
            folder,
            Map.of("PLUMBLINE_API_KEYS", KEY),
            "serve",
            "helper",
            "--reward",
            "judge=" + reward,
            "--port",
            "0",
            "--json");
    try {
      String address = address(process);
      JsonNode models = get(address + "/v1/models");
      assertThat(models.findValuesAsText("id")).containsExactly("helper", "judge");
      process.destroy();
      assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(process.exitValue()).isEqualTo(143);
      assertThat(words()).doesNotContain("Exception");
    } finally {
      process.destroyForcibly();
    }
  }

  private String words() throws IOException {
    return Files.readString(folder.resolve(CommandProcess.WORDS));
  }

  private String address(Process process) throws Exception {
    while (process.isAlive()) {
      Matcher found = ADDRESS.matcher(words());
      if (found.find()) {
        return found.group(1);
      }
      Thread.sleep(20);
    }
    throw new AssertionError("serve ended: " + words());
  }

  private static JsonNode get(String address) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address))
            .header("Authorization", "Bearer " + KEY)
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return new ObjectMapper().readTree(answer.body());
  }
}
