package plumbline.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import plumbline.config.Config;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;

class InventedPromptsTest {
  @TempDir private Path folder;
  private Path data;

  @BeforeEach
  void writePrompts() {
    data = folder.resolve("prompts.train.jsonl");
    RowFiles.write(
        data,
        List.of(
            Prompt.of("Write a letter to the mayor about noise at night."),
            Prompt.of("Explain why bread rises when it is warm.")));
  }

  /** Says the same three tasks, and one of its own, every time. */
  private static final class Teacher implements Writer {
    private final List<String> asked = new ArrayList<>();
    private int left;

    Teacher(int left) {
      this.left = left;
    }

    @Override
    public String name() {
      return "teacher";
    }

    @Override
    public int strength() {
      return 1;
    }

    @Override
    public List<Optional<String>> write(List<Question> questions) {
      if (left-- == 0) {
        throw new IllegalStateException("killed");
      }
      return questions.stream().map(this::answer).toList();
    }

    private Optional<String> answer(Question question) {
      asked.add(question.prompt().question());
      String own = "w" + question.row() + " x" + question.row() + " y" + question.row();
      return Optional.of(
          """
          9. Draw a picture of a horse in the rain.
          10. Explain why bread rises when it is so warm.
          11. Rise!
          12. %s
          and nothing else
          """
              .formatted(own));
    }
  }

  private static InventedPrompts.Keys keys(String keys) {
    return Config.parse("{writer: teacher, " + keys + "}", "test").bind(InventedPrompts.Keys.class);
  }

  private List<Prompt> make(Path at, Teacher teacher, String keys) {
    return new InventedPrompts(at, keys(keys), teacher, 1)
        .make(data, FunnelListener.silent())
        .flatMap(file -> RowFiles.readPrompts(file).rows().stream())
        .toList();
  }

  @Test
  void onlyTasksInWordsThatAreUnlikeAllOthersStay() {
    List<Prompt> made = make(folder, new Teacher(-1), "prompts: 10, calls: 40");

    assertThat(made).hasSize(10);
    assertThat(made.get(0).question()).isEqualTo("w0 x0 y0");
    assertThat(made).doesNotHaveDuplicates();
    Map<String, Long> counts = InventedPrompts.counts(folder);
    assertThat(counts)
        .containsEntry("kept", 10L)
        .containsEntry("not for words", 10L)
        .containsEntry("like another", 10L)
        .containsEntry("length", 10L)
        .containsKey("enough");
  }

  @Test
  void theTeacherSeesPromptsOfTheDataAndLaterItsOwn() {
    Teacher teacher = new Teacher(-1);
    make(folder, teacher, "prompts: 30, calls: 20");

    assertThat(teacher.asked).hasSize(20);
    assertThat(teacher.asked.get(0)).contains("mayor").doesNotContain("w0 x0");
    assertThat(teacher.asked.get(19)).containsPattern("w\\d+ x\\d+");
  }

  @Test
  void aRunThatWasKilledGoesOnWithWhatItHadMade() throws IOException {
    Path whole = Files.createDirectories(folder.resolve("whole"));
    Path killed = Files.createDirectories(folder.resolve("killed"));
    make(whole, new Teacher(-1), "prompts: 60, calls: 60");
    assertThatThrownBy(() -> make(killed, new Teacher(2), "prompts: 60, calls: 60"))
        .hasMessage("killed");
    make(killed, new Teacher(-1), "prompts: 60, calls: 60");

    assertThat(killed.resolve("invented.jsonl"))
        .hasSameTextualContentAs(whole.resolve("invented.jsonl"));
  }
}
