package plumbline.web.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManyClientsTest {
  private static final int CLIENTS = 32;
  private static final List<String> MODELS = List.of("helper", "ppo", "dpo");

  @TempDir private Path folder;

  /** Greedy and seeded, short and long, of three models. */
  private static String request(int i, boolean stream) {
    return """
    {"model": "%s", "messages": [{"role": "user", "content": "%s"}], "max_tokens": %d,
     "temperature": %s, "top_p": %s, "seed": %d, "stream": %s}\
    """
        .formatted(
            MODELS.get(i % 3),
            "the cat sat ".repeat(1 + i % 5) + i,
            4 + i % 29,
            i % 2 == 0 ? "0" : "0.9",
            i % 4 == 1 ? "0.8" : "1",
            i,
            stream);
  }

  @Test
  void thirtyTwoAtOnceGetWhatEachGetsAlone() throws Exception {
    try (TinyServer server = new TinyServer(folder)) {
      List<String> alone = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        alone.add(text(server.post("/v1/chat/completions", request(i, false))));
      }
      assertThat(alone.stream().distinct().count()).isGreaterThan(CLIENTS / 2);
      assertThat(together(server)).isEqualTo(alone);
      server.awaitHealth(0, 0);
      assertThat(server.measure("plumbline_rows_running")).isZero();
    }
  }

  private static List<String> together(TinyServer server) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    CyclicBarrier start = new CyclicBarrier(CLIENTS);
    try {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String body = request(i, i % 3 == 0);
        answers.add(
            threads.submit(
                () -> {
                  start.await();
                  return text(server.post("/v1/chat/completions", body));
                }));
      }
      List<String> texts = new ArrayList<>();
      for (Future<String> answer : answers) {
        texts.add(answer.get(2, TimeUnit.MINUTES));
      }
      return texts;
    } finally {
      threads.shutdownNow();
    }
  }

  private static String text(TinyServer.Answer answer) throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    if (answer.text().startsWith("{")) {
      return answer.json().at("/choices/0/message/content").asText();
    }
    StringBuilder text = new StringBuilder();
    for (String line : answer.text().split("\n", 0)) {
      if (line.startsWith("data: {")) {
        text.append(
            TinyServer.JSON.readTree(line.substring(6)).at("/choices/0/delta/content").asText(""));
      }
    }
    assertThat(answer.text()).endsWith("data: [DONE]\n\n");
    return text.toString();
  }
}
