package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.TensorBoardEvents;

/**
 * The command as a process that dies at random moments and is started again with {@code --resume}:
 * what it leaves in the end is what a run that nobody disturbed leaves.
 *
 * <p>The system property {@code plumbline.kills} says how often a pipeline is killed, {@code
 * plumbline.kills.seed} when.
 */
class KillResumeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int KILLS = Integer.getInteger("plumbline.kills", 2);
  private static final long SEED = Long.getLong("plumbline.kills.seed", 1);

  /** Rows of metrics and summaries that the pipeline writes, about. */
  private static final int SIGNS = 56;

  /** What the clock or the machine decides. */
  private static final Set<String> OF_THE_CLOCK =
      Set.of("started", "ended", "resumed", "seconds", "skipped", "peak_rss_mb", "tokens_per_s");

  /** A policy with a critic that learns, and with everything else that an update may change. */
  private static final String PPO =
      """
      ppo:
        model: sft
        data: data
        score:
          combine: mean
          of: [{model: reward}, {length: words, target: 8, per: 4, shape: [{moving: centre}]}]
        monitor: {gold: clinic}
        steps: 10
        prompts_per_update: 8
        ppo_epochs: 2
        minibatches: 2
        scoring: {scale: running}
        kl: {target_per_response: 0.5, horizon: 100}
        ema: {}
        ptx: {rows: 4}
        sample_every: 3
        sampling: {max_new_tokens: 8}
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      """;

  private static final String PIPELINE =
      """
      out: run
      data: {format: clinic, demonstrations: 48, pairs: 48, rankings: 8, ratings: 8, prompts: 32, test_rows: 8}
      scratch:
        data: data
        vocabulary_size: 400
        hidden_size: 16
        intermediate_size: 16
        layers: 1
        heads: 2
        key_value_heads: 1
      sft:
        model: scratch
        data: data
        rows_per_update: 8
        epochs: 2
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      answers: {stage: pairs, model: sft, data: data, pairs: 12, test_pairs: 4, sampling: {max_new_tokens: 6}}
      reward:
        model: sft
        data: data
        rows_per_update: 8
        lengths: {too_long: truncate}
        checkpoints: {every: 2}
      dpo:
        model: sft
        data: data
        pairs_per_update: 16
        lengths: {too_long: truncate}
        checkpoints: {every: 1}
      """
          + PPO
          + """
      grpo:
        model: sft
        data: data
        score: {combine: segments, by: word, of: [{length: characters, target: 4, per: 2}]}
        steps: 5
        prompts_per_update: 4
        samples_per_prompt: 2
        rows: {keep: varied}
        lora: {r: 2}
        sampling: {max_new_tokens: 8}
        checkpoints: {every: 1}
      evaluate:
        before: sft
        after: ppo
        data: data
        score: {model: reward}
        gold: {gold: clinic}
        prompts: 8
        sampling: {max_new_tokens: 8}
      eval_reward: {data: data, models: {small: reward}}
      collect:
        data: data
        category: trigger
        writers:
          sft: {model: sft, strength: 1, samples: 2, sampling: {max_new_tokens: 8}}
          ppo: {model: ppo, strength: 2, samples: 2, sampling: {max_new_tokens: 8}}
        ours: sft
        strong: ppo
        proxy: {model: reward, scale: raw}
        judges: [{simulated: clinic, noise: 0.3}]
        funnel: {prompts: 24, part: 4, orders: 1, pairing: {pairs_per_prompt: 2}}
        same_number: false
        people:
          overlap: 2
          known: data
          known_tasks: 2
          simulated: {ann: {flip: 0.1}, ben: {flip: 0.2}}
      collected: {stage: reward, model: sft, data: collect/unfiltered, rows_per_update: 8, lengths: {too_long: truncate}}
      proof:
        stage: best_of_n
        policy: sft
        models: {small: reward, collected: collected}
        data: data
        gold: {gold: clinic}
        n: [2, 3]
        prompts: 6
        against: 2
        sampling: {max_new_tokens: 8}
      compare:
        before: sft
        methods: {ppo: {model: ppo}, grpo: {model: grpo}}
        data: data
        score: {model: reward}
        prompts: 8
        sampling: {max_new_tokens: 8}
      """;

  @TempDir static Path folder;

  private static Map<String, Object> wanted;

  /** When a process is killed: nobody knows, or while a file stands there under another name. */
  private enum Moment {
    ANY,
    SAVING
  }

  @BeforeAll
  static void runUndisturbed() throws Exception {
    Path place = place("undisturbed", PIPELINE);
    assertThat(start(place).waitFor()).as(() -> words(place)).isZero();
    wanted = left(place.resolve("run"));
    assertThat(wanted.keySet())
        .contains("sft/model/model.safetensors", "ppo/metrics.jsonl", "answers/pairs.train.jsonl")
        .contains("collect/votes.jsonl", "collect/step3/pairs.train.jsonl")
        .contains("ppo/checkpoints/step-8/state.safetensors", "compare/summary.json")
        .contains("ppo/events.out.tfevents", "sft/events.out.tfevents");
  }

  @Test
  void aPipelineKilledAtRandomMomentsLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    assertSameAfterKills(place("killed", PIPELINE), Moment.ANY, SIGNS, wanted);
  }

  @Test
  void aPipelineKilledWhileItSavesLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    assertSameAfterKills(place("saving", PIPELINE), Moment.SAVING, SIGNS, wanted);
  }

  @Test
  void aPolicyKilledAtRandomMomentsLeavesWhatAnUndisturbedOneLeaves() throws Exception {
    Path models = folder.resolve("undisturbed/run");
    String alone =
        "out: run\n"
            + PPO.replaceAll("(model|data): (sft|data|reward)\\b", "$1: " + models + "/$2");
    String pipeline = alone.replace("steps: 10", "steps: " + (10 + 3 * KILLS));
    Path undisturbed = place("policy", pipeline);
    assertThat(start(undisturbed).waitFor()).as(() -> words(undisturbed)).isZero();
    Map<String, Object> policy = left(undisturbed.resolve("run"));
    assertThat(policy.keySet()).contains("ppo/model/model.safetensors", "ppo/metrics.jsonl");
    assertSameAfterKills(place("policy-killed", pipeline), Moment.ANY, 10 + 3 * KILLS, policy);
  }

  @Test
  void aPipelineThatIsToldToEndSaysSoAndGoesOnLater() throws Exception {
    Path place = place("ended", PIPELINE);
    Process process = start(place);
    awaitWork(place, process, 10);
    process.destroy();
    assertThat(process.waitFor()).isEqualTo(143);
    assertThat(words(place)).contains("plumbline: interrupted");
    finish(place, wanted);
  }

  /** Kills often, then runs to the end: {@code signs} of work are there to be met. */
  private static void assertSameAfterKills(
      Path place, Moment moment, int signs, Map<String, Object> wanted) throws Exception {
    String name = place.getFileName().toString();
    SplittableRandom random = new SplittableRandom(SEED + name.hashCode());
    int kills = 0;
    int torn = 0;
    for (int i = 0; i < KILLS; i++) {
      Process process = start(place);
      if (moment == Moment.ANY) {
        awaitWork(place, process, 1 + random.nextInt(Math.max(1, 2 * signs / (KILLS + 1) - 1)));
        process.waitFor(random.nextInt(150), TimeUnit.MILLISECONDS);
      } else {
        awaitTemporaries(place, process, 1 + random.nextInt(1 + 2 * signs / (KILLS + 1)));
      }
      kills += process.isAlive() ? 1 : 0;
      process.destroyForcibly().waitFor();
      torn += temporaries(place).isEmpty() ? 0 : 1;
    }
    System.err.printf(
        "%s: killed %d times, %d of them with a half-written file%n", name, kills, torn);
    assertThat(kills).as("kills that met a living process").isPositive();
    finish(place, wanted);
  }

  /** Runs to the end and compares. */
  private static void finish(Path place, Map<String, Object> wanted) throws Exception {
    assertThat(start(place).waitFor()).as(() -> words(place)).isZero();
    Map<String, Object> found = left(place.resolve("run"));
    assertThat(found.keySet()).isEqualTo(wanted.keySet());
    wanted.forEach((file, content) -> assertThat(found.get(file)).as(file).isEqualTo(content));
  }

  // ---- processes

  private static Path place(String name, String pipeline) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    Files.writeString(place.resolve("pipeline.yaml"), pipeline);
    return place;
  }

  private static Process start(Path place) throws IOException {
    return CommandProcess.start(place, "run", "pipeline.yaml", "--resume", "--threads", "1");
  }

  private static String words(Path place) {
    try {
      return Files.readString(place.resolve(CommandProcess.WORDS));
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** Waits for so many new rows of metrics and summaries. */
  private static void awaitWork(Path place, Process process, int more) throws Exception {
    int before = signs(place);
    while (process.isAlive() && signs(place) < before + more) {
      Thread.sleep(5);
    }
  }

  private static int signs(Path place) throws IOException {
    int signs = 0;
    for (Path file : files(place.resolve("run"))) {
      if (file.endsWith("metrics.jsonl")) {
        String text = Files.readString(file, StandardCharsets.UTF_8);
        signs += (int) text.chars().filter(c -> c == '\n').count();
      } else if (file.endsWith("summary.json")) {
        signs++;
      }
    }
    return signs;
  }

  /** Waits until something has stood under a temporary name so many times. */
  private static void awaitTemporaries(Path place, Process process, int times) throws Exception {
    List<Path> seen = List.of();
    int count = 0;
    while (process.isAlive() && count < times) {
      List<Path> now = temporaries(place);
      if (!now.isEmpty() && !now.equals(seen)) {
        count++;
      }
      seen = now;
      LockSupport.parkNanos(100_000);
    }
  }

  private static List<Path> temporaries(Path place) throws IOException {
    return files(place.resolve("run")).stream().filter(f -> f.toString().contains(".tmp")).toList();
  }

  // ---- what is left

  private static List<Path> files(Path run) throws IOException {
    if (!Files.exists(run)) {
      return List.of();
    }
    // A file may go while the folder is read: the process is at work there.
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(run)) {
      all.filter(Files::isRegularFile).forEach(files::add);
    } catch (UncheckedIOException e) {
      return files;
    }
    return files;
  }

  /** Every file by its name; JSON without what the clock decides. */
  private static Map<String, Object> left(Path run) throws IOException {
    Map<String, Object> left = new TreeMap<>();
    for (Path file : files(run)) {
      String name = run.relativize(file).toString();
      if (name.contains(".tfevents.")) {
        // Its name and the times in it are the clock's.
        String place = Path.of(name).getParent() + "/events.out.tfevents";
        assertThat(left.put(place, timelessEvents(file.getParent()))).as("a second file").isNull();
      } else if (name.endsWith("report.html")) {
        // It shows times.
        left.put(name, "a report");
      } else if (name.endsWith(".json") || name.endsWith(".jsonl")) {
        left.put(name, timeless(file));
      } else {
        left.put(name, Files.readAllBytes(file));
      }
    }
    return left;
  }

  private static List<String> timelessEvents(Path folder) throws IOException {
    return TensorBoardEvents.values(folder).stream()
        .filter(value -> !value.matches("\\d+ (time/|tokens_per_s).*"))
        .sorted()
        .toList();
  }

  private static List<JsonNode> timeless(Path file) throws IOException {
    List<JsonNode> documents = new ArrayList<>();
    try (var values = JSON.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
      values.forEachRemaining(documents::add);
    }
    documents.forEach(KillResumeTest::forgetTimes);
    if (file.endsWith("state.json")) {
      // The lengths of logs, which hold times.
      documents.forEach(state -> ((ObjectNode) state).remove(List.of("logs", "checksum")));
    }
    return documents;
  }

  private static void forgetTimes(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object
          .properties()
          .removeIf(e -> OF_THE_CLOCK.contains(e.getKey()) || e.getKey().startsWith("time/"));
      object.forEach(KillResumeTest::forgetTimes);
    } else if (node instanceof ArrayNode array) {
      array.forEach(KillResumeTest::forgetTimes);
    }
  }
}
