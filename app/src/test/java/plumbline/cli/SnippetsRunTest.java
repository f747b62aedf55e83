package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import plumbline.data.AtomicFile;
import plumbline.data.format.Formats;

/**
 * The commands of the documentation are run, page by page, in a folder with a small run of the
 * quickstart and a few files. A command is run if everything that it reads is there, by the files
 * of the folder or by what an earlier command wrote; the others are only parsed, and counted.
 */
class SnippetsRunTest {
  private static final Path ROOT = Path.of(System.getProperty("plumbline.root"));

  /** Commands that wait, ask other machines, or compute for minutes. */
  private static final Pattern NOT_HERE =
      Pattern.compile(
          "quickstart.*|run examples/.*|launch .*|.* --device cuda.*"
              + "|label serve.*|serve .*|chat .*|watch .*|download .*|bench.*"
              + "|collect (?!--templates).*|selfcheck .*|train ppo examples/.*|eval contrast .*");

  private static final Set<String> OUTPUTS =
      Set.of(
          "--out",
          "--html",
          "--export",
          "--leaderboard",
          "--templates",
          "--db",
          "--rejects",
          "--tensorboard");

  private static final Pattern PATH =
      Pattern.compile(
          "[^{\"'=\\s]*(/[^{\"'=\\s]*|\\.(jsonl|json|yaml|csv|parquet|gz|html|txt|bin))");

  private static final Map<String, String> CONFIGS =
      Map.of(
          "sft.yaml", "",
          "reward.yaml", "",
          "ppo.yaml",
              """
              score: {model: runs/quickstart/reward}
              steps: 1
              prompts_per_update: 4
              sampling: {max_new_tokens: 4}
              """,
          "dpo.yaml", "",
          "kto.yaml", "rows: pairs\n");

  /** Other runs that pages speak of: they are parts of the one that is there. */
  private static final Map<String, String> NAMES =
      new TreeMap<>(
          Map.of(
              "q",
              ".",
              "hh-rlhf",
              ".",
              "a",
              "sft",
              "b",
              "ppo",
              "c",
              "reward",
              "reward",
              "reward",
              "rm-small/first",
              "reward",
              "rm-small/trained",
              "reward",
              "rm-small/data",
              "data",
              "data",
              "data"));

  private static final Map<String, String> FORMATS =
      new TreeMap<>(
          Map.of(
              "natural.jsonl",
              "llmbar",
              "adv-gptinst.jsonl",
              "llmbar",
              "downloads/instructions/alpaca.jsonl",
              "alpaca",
              "trees.jsonl.gz",
              "oasst"));

  private static final String VISIT =
      "Doctor: What is it?\\nPatient: My knee.\\nDoctor: Since when?\\nPatient: Monday.\\n"
          + "Doctor: Rest it.";

  /** What commands read and must not overwrite. */
  private static final Set<String> KEPT = Set.of("pairs.jsonl", "sft.jsonl", "ppo.jsonl");

  @TempDir static Path folder;

  @Test
  void everyCommandWhoseFilesAreThereRuns() throws IOException {
    makeFiles();
    List<String> ran = new ArrayList<>();
    List<String> parsed = new ArrayList<>();
    Map<String, String> failed = new LinkedHashMap<>();
    List<String> tutorial =
        Snippets.in(ROOT.resolve("docs/tutorial.md")).stream()
            .flatMap(block -> block.text().lines())
            .map(String::strip)
            .toList();
    List<String> lines = DocsTest.shownCommands().distinct().toList();
    for (String line : lines) {
      if (tutorial.contains(line)) {
        continue;
      }
      Optional<List<String>> words = here(DocsTest.words(line));
      if (words.isEmpty()) {
        parsed.add(line);
        continue;
      }
      Captured done = Captured.plumbline(words.get().toArray(String[]::new));
      (done.code() == 0 ? ran : parsed).add(line);
      if (done.code() != 0) {
        failed.put(line, done.code() + ": " + done.err());
      }
    }
    System.err.printf(
        "commands of the documentation: %d run, %d in the tutorial, %d only parsed%n",
        ran.size(), lines.size() - ran.size() - parsed.size(), parsed.size());
    parsed.forEach(line -> System.err.println("only parsed: " + line));
    assertThat(failed).isEmpty();
    assertThat(ran).hasSizeGreaterThan(30);
  }

  // ---- the folder

  private static void makeFiles() throws IOException {
    Path quickstart = folder.resolve("runs/quickstart");
    run(
        "quickstart",
        "--out",
        quickstart.toString(),
        "--quiet",
        "--set",
        "data.demonstrations=24",
        "--set",
        "data.pairs=24",
        "--set",
        "data.prompts=16",
        "--set",
        "data.test_rows=8",
        "--set",
        "scratch.hidden_size=16",
        "--set",
        "scratch.intermediate_size=16",
        "--set",
        "sft.epochs=1",
        "--set",
        "reward.reference_rows=8",
        "--set",
        "ppo.steps=1",
        "--set",
        "ppo.prompts_per_update=4",
        "--set",
        "evaluate.prompts=4",
        "--set",
        "ppo.sampling.max_new_tokens=8",
        "--set",
        "evaluate.sampling.max_new_tokens=8");
    Path data = quickstart.resolve("data");
    for (String kind : List.of("prompts", "demonstrations", "pairs")) {
      Files.copy(data.resolve(kind + ".test.jsonl"), folder.resolve(kind + ".jsonl"));
    }
    for (Map.Entry<String, String> name : NAMES.entrySet()) {
      Path link = folder.resolve("runs").resolve(name.getKey());
      Files.createDirectories(link.getParent());
      Files.createSymbolicLink(link, quickstart.resolve(name.getValue()));
    }
    for (String copy : List.of("verdicts.jsonl", "policy-pairs.jsonl")) {
      Files.copy(folder.resolve("pairs.jsonl"), folder.resolve(copy));
    }
    makeRows();
    makeVerdicts();
    for (Map.Entry<String, String> config : CONFIGS.entrySet()) {
      String text =
          "model: runs/quickstart/sft\ndata: runs/quickstart/data\n"
              + config.getValue()
              + (config.getKey().equals("ppo.yaml") ? "" : "max_steps: 1\n")
              + "lengths: {max_prompt_tokens: 96, max_response_tokens: 88, too_long: truncate}\n";
      Files.writeString(
          folder.resolve(config.getKey()), text.replace("runs/", folder.resolve("runs") + "/"));
    }
    Files.writeString(
        folder.resolve("ids.json"),
        "{\"input_ids\": [[1, 2, 3]], \"attention_mask\": [[1, 1, 1]]}");
  }

  /** Rows of other people's formats, as the formats themselves show them. */
  private static void makeRows() throws IOException {
    StringBuilder pairs = new StringBuilder();
    for (String question :
        List.of("What is red?", "Who sings?", "Where is it?", "When was that?")) {
      String asked = "\\n\\nHuman: " + question + "\\n\\nAssistant: ";
      pairs.append(
          "{\"chosen\": \"" + asked + "Like this.\", \"rejected\": \"" + asked + "No.\"}\n");
    }
    AtomicFile.writeText(folder.resolve("hh-rlhf/helpful-base.jsonl.gz"), pairs.toString());
    for (Map.Entry<String, String> file : FORMATS.entrySet()) {
      String rows = String.join("\n", Formats.named(file.getValue()).examples());
      AtomicFile.writeText(folder.resolve(file.getKey()), rows + "\n");
    }
    String visit =
        "{\"ID\": \"0\", \"section_header\": \"CC\", \"section_text\": \"Knee.\", \"dialogue\": \""
            + VISIT
            + "\"}\n";
    for (String file : List.of("visits.jsonl", "mts-dialog.jsonl", "aci-bench.jsonl")) {
      AtomicFile.writeText(folder.resolve(file), visit);
    }
    AtomicFile.writeText(folder.resolve("judge.yaml"), "rule: longer\n");
    AtomicFile.writeText(
        folder.resolve("tasks.jsonl"),
        """
        {"id": "t1", "messages": [{"role": "user", "content": "Say hi."}], "responses": [\
        {"id": "r1", "model": "m1", "content": "Hi."}, {"id": "r2", "model": "m2", "content": "No."}]}
        """);
    String votes =
        """
        {"id": "a", "votes": [{"annotator": "ann", "ranks": {"1": 1, "2": 2}}, \
        {"annotator": "ben", "ranks": {"1": 2, "2": 1}}], "model_of": {"1": "m1", "2": "m2"}}
        """;
    for (String file : List.of("votes.json", "rankings.json")) {
      AtomicFile.writeText(folder.resolve(file), votes);
    }
  }

  /** Answers of two models and judges' verdicts of them. */
  private static void makeVerdicts() throws IOException {
    for (String model : List.of("sft", "ppo")) {
      run(
          "generate",
          folder.resolve("runs/quickstart/" + model).toString(),
          "--file",
          folder.resolve("prompts.jsonl").toString(),
          "--max-new-tokens",
          "12",
          "--out",
          folder.resolve("verdicts/" + model + ".jsonl").toString());
    }
    for (String file :
        List.of(
            "annotations.json",
            "review_a_b.jsonl",
            "review_b_c.jsonl",
            "judge-1.jsonl",
            "judge-2.jsonl",
            "natural.judge-gpt-4.jsonl")) {
      run(
          "eval",
          "judge",
          "--outputs",
          folder.resolve("verdicts/sft.jsonl").toString(),
          folder.resolve("verdicts/ppo.jsonl").toString(),
          "--judge",
          "longer",
          "--out",
          folder.resolve(file).toString());
    }
    Files.copy(folder.resolve("verdicts/sft.jsonl"), folder.resolve("responses.jsonl"));
    for (String model : List.of("sft.jsonl", "ppo.jsonl")) {
      Files.copy(folder.resolve("verdicts").resolve(model), folder.resolve(model));
    }
  }

  private static void run(String... words) {
    Captured done = Captured.plumbline(words);
    assertThat(done.code()).as(done.err()).isZero();
  }

  // ---- a command in the folder

  /** The command's words with their paths in the folder; empty if it reads what is not there. */
  private static Optional<List<String>> here(List<String> line) {
    List<String> words = line.subList(1, line.size());
    String command = String.join(" ", words);
    if (NOT_HERE.matcher(command).matches() || words.contains("-") || command.contains("$")) {
      return Optional.empty();
    }
    int names = names(words);
    List<String> placed = new ArrayList<>(words.subList(0, names));
    for (int i = names; i < words.size(); i++) {
      Optional<String> word = place(words.get(i), words.get(i - 1));
      if (word.isEmpty()) {
        return Optional.empty();
      }
      placed.add(word.get());
    }
    boolean trains = words.get(0).equals("train");
    if (trains && !words.contains("--out")) {
      placed.addAll(List.of("--out", folder.resolve("runs/out" + command.hashCode()).toString()));
    }
    for (int i = names; i < words.size(); i++) {
      boolean output = OUTPUTS.contains(words.get(i - 1)) && !words.contains("--resume");
      if (output && isFresh(words) && Files.exists(Path.of(placed.get(i)))) {
        placed.set(i, placed.get(i) + command.hashCode());
      }
    }
    return Optional.of(placed);
  }

  /** Whether a command refuses an output that is there already. */
  private static boolean isFresh(List<String> words) {
    return Set.of("train", "convert", "merge", "track").contains(words.get(0))
        || words.subList(0, 2).equals(List.of("eval", "judge"));
  }

  /** How many words name the command. */
  private static int names(List<String> words) {
    CommandLine command = Main.commandLine(System.err, System.err);
    int names = 0;
    while (names < words.size() && command.getSubcommands().containsKey(words.get(names))) {
      command = command.getSubcommands().get(words.get(names++));
    }
    return names;
  }

  private static Optional<String> place(String word, String before) {
    if (OUTPUTS.contains(before)) {
      // Other commands read the files that were there at first.
      boolean taken = KEPT.contains(word);
      return Optional.of(folder.resolve(taken ? "exported-" + word : word).toString());
    }
    if (word.matches("runs/[\\w-]+=.*")) {
      String run = word.replaceFirst("=.*", "");
      return Files.exists(folder.resolve(run))
          ? Optional.of(folder.resolve(word).toString())
          : Optional.empty();
    }
    if (before.equals("--set") && word.contains("=runs/")) {
      String path = word.substring(word.indexOf('=') + 1);
      return Files.exists(folder.resolve(path))
          ? Optional.of(word.replace(path, folder.resolve(path).toString()))
          : Optional.empty();
    }
    if (word.startsWith("{") && word.contains("runs/")) {
      return Optional.of(word.replace("runs/", folder.resolve("runs") + "/"));
    }
    String name = word.replaceFirst("^\\w+=", "");
    if (!PATH.matcher(name).matches() && !Files.exists(folder.resolve(name))) {
      return Optional.of(word);
    }
    for (Path root : List.of(folder, ROOT)) {
      if (Files.exists(root.resolve(name))) {
        return Optional.of(word.replace(name, root.resolve(name).toString()));
      }
    }
    return Optional.empty();
  }
}
