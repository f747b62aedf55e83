package plumbline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static plumbline.cli.Captured.plumbline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.annotation.exchange.ProjectFile;
import plumbline.annotation.store.Account;
import plumbline.annotation.store.Actor;
import plumbline.annotation.store.LabelStore;
import plumbline.annotation.store.Lease;
import plumbline.annotation.store.Project;
import plumbline.annotation.store.Role;
import plumbline.annotation.store.StoreConfig;

/** A labelling project from its file to its pairs. */
class LabelProjectTest {
  private static final Path EXAMPLE =
      Path.of(System.getProperty("plumbline.root"), "examples", "labelling", "project.yaml");

  @TempDir private Path folder;

  private Captured label(String command, String... more) {
    String[] words = new String[more.length + 4];
    words[0] = "label";
    words[1] = command;
    System.arraycopy(more, 0, words, 2, more.length);
    words[more.length + 2] = "--db";
    words[more.length + 3] = folder.resolve("db").toString();
    return plumbline(words);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text.replace('\'', '"'));
  }

  private Path tasks() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      rows.append("{'id': 't")
          .append(i)
          .append("', 'messages': [{'role': 'user', 'content': 'Hi'}],")
          .append(
              " 'responses': [{'model': 'm1', 'content': 'a'}, {'model': 'm2', 'content': 'b'}]}\n");
    }
    return file("tasks.jsonl", rows + "{'id': 'x', 'messages': [], 'responses': []}\n");
  }

  @Test
  void theExampleIsAProject() {
    ProjectFile project = ProjectFile.read(EXAMPLE);

    assertThat(project.asked()).hasSize(4);
    assertThat(project.guidelines().orElseThrow()).startsWith("# What a good answer is");
    assertThat(project.settings().overlap()).isEqualTo(3);
    assertThat(project.settings().leaseMinutes()).isEqualTo(30);
  }

  @Test
  void aProjectGoesFromItsFileToPairsAndAgreement() throws Exception {
    JsonNode made = label("create", EXAMPLE.toString(), "--json").json();
    assertThat(made.get("guidelines").asInt()).isEqualTo(1);
    assertThat(label("create", EXAMPLE.toString(), "--json").json()).isEqualTo(made);
    Captured imported = label("import", "helpful-answers", tasks().toString(), "--json");
    assertThat(imported.json().get("added").asInt()).isEqualTo(3);
    assertThat(imported.json().get("rejected").asInt()).isEqualTo(1);
    assertThat(folder.resolve("tasks.jsonl.rejects.jsonl")).exists();
    vote("ann", "r1");
    vote("bob", "r1");
    Path pairs = folder.resolve("pairs.jsonl");

    JsonNode exported =
        label("export", "helpful-answers", "--as", "pairs", "--out", pairs.toString(), "--json")
            .json();

    assertThat(exported.get("rows").asInt()).isEqualTo(3);
    assertThat(Files.readString(pairs))
        .contains("\"chosen\":[{\"role\":\"assistant\",\"content\":\"a\"}]");
    JsonNode table =
        label("agreement", "--project", "helpful-answers", "--json").json().at("/tables/0");
    assertThat(table.get("name").asText()).isEqualTo("better");
    assertThat(table.get("units_with_2_or_more").asInt()).isEqualTo(3);
    Path votes = folder.resolve("votes.jsonl");
    label("export", "helpful-answers", "--as", "votes", "--out", votes.toString());
    JsonNode merged = plumbline("label", "merge", votes.toString(), "--json").json();
    assertThat(merged.get("items")).hasSize(3);
    assertThat(merged.at("/items/0/ranking/0").asText()).isEqualTo("m1");
  }

  /** Answers everything that is left for a person. */
  private void vote(String name, String better) throws IOException {
    try (LabelStore store = LabelStore.open(StoreConfig.sqlite(folder.resolve("db")))) {
      Project project = store.projects().bySlug("helpful-answers").orElseThrow();
      Account account = store.accounts().create(Actor.SYSTEM, name, Role.ANNOTATOR, "", "-");
      for (int i = 0; i < 3; i++) {
        Lease lease = store.handOut().next(account.id(), project.id()).orElseThrow();
        String answers = "{\"better\": {\"preferred\": \"" + better + "\", \"strength\": 2}}";
        store
            .votes()
            .submit(lease.id(), account.id(), new ObjectMapper().readTree(answers), 1, "n" + i);
      }
    }
  }

  @Test
  void changedGuidelinesAreANewVersion() throws Exception {
    String text = "project: p\nguidelines: %s\nquestions: [{type: comment, id: a}]\n";
    label("create", file("p.yaml", text.formatted("one")).toString());

    JsonNode changed =
        label("create", file("p.yaml", text.formatted("two")).toString(), "--json").json();

    assertThat(changed.get("guidelines").asInt()).isEqualTo(2);
    assertThat(changed.get("title").asText()).isEqualTo("p");
  }

  @Test
  void whatIsWrongInAProjectsFileIsNamedWithItsLine() throws Exception {
    Path file =
        file("p.yaml", "project: p\nquestions:\n  - {type: pairwise, id: a, strengths: 9}\n");

    Captured refused = label("create", file.toString());

    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .contains("p.yaml:3: questions.0.strengths is 9, wanted a whole number from 1 to 4");
    assertThat(folder.resolve("db")).doesNotExist();
  }

  @Test
  void whatIsNotThereIsNamedWithTheNearest() throws Exception {
    label("create", EXAMPLE.toString());
    Path out = folder.resolve("out.jsonl");

    assertThat(label("export", "helpful-answer", "--as", "votes", "--out", out.toString()).err())
        .contains("there is no project 'helpful-answer'; did you mean 'helpful-answers'?");
    assertThat(label("export", "helpful-answers", "--as", "vote", "--out", out.toString()).err())
        .contains("there is no export 'vote'; did you mean 'votes'?");
    assertThat(label("export", "helpful-answers", "--as", "prompts", "--out", out.toString()).err())
        .contains("no question gives prompts");
    assertThat(out).doesNotExist();
    assertThat(label("agreement").err()).contains("wanted a file or --project");
    assertThat(
            plumbline("label", "export", "p", "--as", "votes", "--out", "x", "--db", "nowhere")
                .code())
        .isEqualTo(2);
    assertThat(Path.of("nowhere")).doesNotExist();
  }
}
