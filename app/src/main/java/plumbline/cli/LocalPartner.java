package plumbline.cli;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.InputException;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.model.Generator;
import plumbline.model.Head;
import plumbline.model.Sampling;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;

/** A model of this machine, asked by its chat template. */
final class LocalPartner implements ChatPartner {
  private final String name;
  private final TextModel model;
  private final Transformer copy;

  private LocalPartner(String name, TextModel model, Transformer copy) {
    this.name = name;
    this.model = model;
    this.copy = copy;
  }

  static LocalPartner load(
      String name, Path folder, Optional<WeightFormat> format, SharedBases bases) {
    TextModel model = TextModel.load(folder, Head.LANGUAGE, format, bases);
    return new LocalPartner(
        name, model, model.transformer().forSampling(format.filter(WeightFormat::samples)));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String answer(
      List<Message> messages, Sampling sampling, long seed, Consumer<String> pieces) {
    int[] prompt = model.text().prompt(new Prompt(messages, Map.of()));
    int context = model.transformer().config().maxPositions();
    if (prompt.length >= context) {
      throw new InputException(
          "the conversation has %d tokens, the model's context of %d leaves no room for an answer;"
                  .formatted(prompt.length, context)
              + " /reset begins a new one");
    }
    Speech speech = new Speech(pieces);
    Generator generator = new Generator(copy, sampling, model.text().endOfTurnId(), 1);
    Generator.Generated generated =
        generator
            .generate(List.of(prompt), new long[] {seed}, (row, token) -> speech.add(token))
            .get(0);
    String text = model.text().text(generated.ids());
    speech.end(text);
    return text;
  }

  /** Tokens as text, each piece when no later token can change it. */
  private final class Speech {
    private final Consumer<String> pieces;
    private String said = "";
    private int[] drawn = {};

    Speech(Consumer<String> pieces) {
      this.pieces = pieces;
    }

    void add(int token) {
      int[] longer = Arrays.copyOf(drawn, drawn.length + 1);
      longer[drawn.length] = token;
      drawn = longer;
      String text = model.text().text(drawn);
      // A character's first bytes are shown as this until its last has come.
      int end = text.length();
      while (end > 0 && text.charAt(end - 1) == '\uFFFD') {
        end--;
      }
      say(text.substring(0, end));
    }

    void end(String text) {
      say(text);
    }

    private void say(String text) {
      if (text.startsWith(said) && text.length() > said.length()) {
        pieces.accept(text.substring(said.length()));
        said = text;
      }
    }
  }

  @Override
  public void close() {
    copy.close();
    model.close();
  }
}
