package plumbline.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HashSplitTest {
  private static final List<Prompt> PROMPTS =
      IntStream.range(0, 5000).mapToObj(i -> Prompt.of("question " + i)).toList();

  @Test
  void bothSidesMakeUpTheWholeInAboutTheAskedShare() {
    HashSplit split = new HashSplit(0.2);
    List<Prompt> test = split.select(Split.TEST, PROMPTS, Function.identity());
    List<Prompt> train = split.select(Split.TRAIN, PROMPTS, Function.identity());

    assertThat(test.size() / 5000.0).isCloseTo(0.2, within(0.02));
    assertThat(test.size() + train.size()).isEqualTo(5000);
    assertThat(train).doesNotContainAnyElementsOf(test);
  }

  @Test
  void theSideIsFixedForAllTime() {
    HashSplit split = new HashSplit(0.5);
    // sha256("question 0..7"), first byte below 0x80 is test
    assertThat(PROMPTS.subList(0, 8))
        .extracting(split::of)
        .containsExactly(
            Split.TEST,
            Split.TEST,
            Split.TRAIN,
            Split.TRAIN,
            Split.TEST,
            Split.TRAIN,
            Split.TRAIN,
            Split.TRAIN);
  }

  @Test
  void aLargerTestShareOnlyAddsToTheTestSide() {
    HashSplit small = new HashSplit(0.1);
    HashSplit large = new HashSplit(0.3);
    for (Prompt prompt : PROMPTS) {
      if (small.of(prompt) == Split.TEST) {
        assertThat(large.of(prompt)).isEqualTo(Split.TEST);
      }
    }
  }

  @Test
  void rowsOfOneDialogueStayTogether() {
    HashSplit split = new HashSplit(0.5);
    for (int i = 0; i < 100; i++) {
      Message first = Message.user("question " + i);
      Prompt shorter = new Prompt(List.of(first), Map.of());
      Prompt longer =
          new Prompt(
              List.of(
                  new Message(Message.SYSTEM, "Be brief."),
                  first,
                  Message.assistant("answer"),
                  Message.user("and then?")),
              Map.of("line", "3"));
      assertThat(split.of(longer)).isEqualTo(split.of(shorter));

      Map<String, String> dialogue = Map.of("dialogue", "d" + i);
      assertThat(split.of(new Prompt(List.of(Message.user("x")), dialogue)))
          .isEqualTo(split.of(new Prompt(List.of(Message.user("y" + i)), dialogue)));
    }
  }

  @Test
  void sharesAtTheEndsPutAllOnOneSide() {
    for (Prompt prompt : PROMPTS.subList(0, 100)) {
      assertThat(new HashSplit(0).of(prompt)).isEqualTo(Split.TRAIN);
      assertThat(new HashSplit(1).of(prompt)).isEqualTo(Split.TEST);
    }
    assertThatThrownBy(() -> new HashSplit(1.5))
        .hasMessage("testShare is 1.5, wanted a share in [0, 1]");
  }
}
