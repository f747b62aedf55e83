package plumbline.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import plumbline.InputException;
import plumbline.data.Dialogue;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.judge.CallFailed;
import plumbline.model.Sampling;
import plumbline.train.Rollout;

/** The turns of a conversation with one model, or with two that do not say who they are. */
final class ChatSession {
  private static final String HELP =
      """
      /system TEXT   the system message; without TEXT none
      /set KEY VALUE sampling: temperature, top_k, top_p, repetition_penalty, max_new_tokens
      /undo          take the last question and its answer back
      /again         another answer to the last question
      /reset         begin a new conversation
      /save FILE     append the conversation to a JSON Lines file
      /help          this
      /quit          the end, as the end of input
      A line that ends with \\ goes on in the next.""";

  private final List<ChatPartner> partners;
  private final long seed;
  private final Optional<AppendedRows> kept;
  private final Console console;
  private final List<Message> messages = new ArrayList<>();
  private final int[] preferred = new int[2];
  private Sampling sampling;
  private Optional<Message> system = Optional.empty();
  private int ties;
  private int asked;

  /**
   * @param partners one, or two to compare
   * @param kept where preferences go
   */
  ChatSession(
      List<ChatPartner> partners,
      Sampling sampling,
      long seed,
      Optional<AppendedRows> kept,
      Console console) {
    this.partners = List.copyOf(partners);
    this.sampling = sampling;
    this.seed = seed;
    this.kept = kept;
    this.console = console;
  }

  void system(String text) {
    system = text.isBlank() ? Optional.empty() : Optional.of(new Message(Message.SYSTEM, text));
  }

  /** Reads lines until there are no more, or one says so. */
  void run(BufferedReader in) throws IOException {
    if (console.writesToTerminal()) {
      console.say("/help lists what else can be typed; an empty line does nothing");
    }
    for (Optional<String> line = line("> ", in); line.isPresent(); line = line("> ", in)) {
      String text = line.get().strip();
      if (text.equals("/quit")) {
        break;
      }
      try {
        if (text.startsWith("/")) {
          command(text, in);
        } else if (!text.isEmpty()) {
          ask(text, in);
        }
      } catch (InputException | CallFailed e) {
        console.say("! " + e.getMessage());
      }
    }
    if (partners.size() == 2) {
      reveal();
    }
  }

  /** A line with those that it goes on in; empty at the end of input. */
  private Optional<String> line(String mark, BufferedReader in) throws IOException {
    StringBuilder text = new StringBuilder();
    String next = read(mark, in);
    if (next == null) {
      return Optional.empty();
    }
    while (next != null && next.endsWith("\\")) {
      text.append(next, 0, next.length() - 1).append('\n');
      next = read("… ", in);
    }
    return Optional.of(text.append(next == null ? "" : next).toString());
  }

  private String read(String mark, BufferedReader in) throws IOException {
    if (console.writesToTerminal()) {
      console.write(mark);
    }
    return in.readLine();
  }

  private void command(String line, BufferedReader in) throws IOException, CallFailed {
    String[] words = line.split("\\s+", 2);
    String rest = words.length > 1 ? words[1] : "";
    switch (words[0]) {
      case "/system" -> {
        system(rest);
        console.say(rest.isBlank() ? "no system message" : "system message set");
      }
      case "/set" -> set(rest);
      case "/undo" -> {
        takeBack();
        console.say("taken back");
      }
      case "/again" -> ask(takeBack(), in);
      case "/reset" -> {
        messages.clear();
        console.say("a new conversation");
      }
      case "/save" -> save(rest);
      case "/help" -> HELP.lines().forEach(console::say);
      default -> throw new InputException("there is no command " + words[0] + "; /help lists them");
    }
  }

  private void set(String rest) {
    String[] words = rest.split("[\\s=]+", -1);
    if (words.length != 2) {
      throw new InputException("wanted /set KEY VALUE, as /set temperature 0.7");
    }
    try {
      sampling = changed(words[0], Double.parseDouble(words[1]));
    } catch (NumberFormatException e) {
      throw new InputException("'" + words[1] + "' is no number", e);
    } catch (IllegalArgumentException e) {
      throw new InputException(e.getMessage(), e);
    }
    console.say(words[0] + " is " + words[1]);
  }

  private Sampling changed(String key, double value) {
    Sampling now = sampling;
    double penalty = now.repetitionPenalty();
    int most = now.maxNewTokens();
    return switch (key) {
      case "temperature" -> new Sampling(value, now.topK(), now.topP(), penalty, most);
      case "top_k" -> new Sampling(now.temperature(), whole(value), now.topP(), penalty, most);
      case "top_p" -> new Sampling(now.temperature(), now.topK(), value, penalty, most);
      case "repetition_penalty" ->
          new Sampling(now.temperature(), now.topK(), now.topP(), value, most);
      case "max_new_tokens" -> now.withMaxNewTokens(whole(value));
      default -> throw new InputException("there is no key '" + key + "'; /help lists them");
    };
  }

  private static int whole(double value) {
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(value + " is no whole number");
    }
    return (int) value;
  }

  /** Forgets the last exchange; returns what was asked. */
  private String takeBack() {
    if (messages.isEmpty()) {
      throw new InputException("nothing has been asked yet");
    }
    messages.remove(messages.size() - 1);
    return messages.remove(messages.size() - 1).content();
  }

  private void save(String file) {
    if (file.isBlank() || messages.isEmpty()) {
      throw new InputException(
          messages.isEmpty() ? "nothing has been said yet" : "wanted /save FILE.jsonl");
    }
    Map<String, String> meta = Map.of("source", "chat", "models", String.join(", ", names()));
    new AppendedRows(Path.of(file)).add(new Dialogue(all(messages), meta));
    console.say("appended to " + file);
  }

  private List<String> names() {
    return partners.stream().map(ChatPartner::name).toList();
  }

  private List<Message> all(List<Message> turns) {
    List<Message> all = new ArrayList<>();
    system.ifPresent(all::add);
    all.addAll(turns);
    return all;
  }

  private void ask(String question, BufferedReader in) throws IOException, CallFailed {
    List<Message> turns = new ArrayList<>(messages);
    turns.add(Message.user(question));
    asked++;
    String answer = partners.size() == 1 ? answer(turns) : compare(turns, in);
    messages.add(Message.user(question));
    messages.add(Message.assistant(answer));
  }

  private String answer(List<Message> turns) throws CallFailed {
    String text;
    try {
      text = answer(0, turns, piece -> console.write(BarText.harmlessLines(piece)));
    } finally {
      console.say("");
    }
    return text;
  }

  private String answer(int partner, List<Message> turns, Consumer<String> pieces)
      throws CallFailed {
    return partners
        .get(partner)
        .answer(all(turns), sampling, Rollout.seed(seed, asked, partner), pieces);
  }

  /** Shows both answers, asks which is better and goes on with that one. */
  private String compare(List<Message> turns, BufferedReader in) throws IOException, CallFailed {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      answers.add(answer(i, turns, piece -> {}));
    }
    boolean swapped = new SplittableRandom(Rollout.seed(seed, asked, 2)).nextBoolean();
    int first = swapped ? 1 : 0;
    if (answers.get(0).equals(answers.get(1))) {
      console.say("both: " + BarText.harmlessLines(answers.get(0)));
      return answers.get(0);
    }
    console.say("A: " + BarText.harmlessLines(answers.get(first)));
    console.say("");
    console.say("B: " + BarText.harmlessLines(answers.get(1 - first)));
    int better =
        switch (verdict(in)) {
          case "a" -> first;
          case "b" -> 1 - first;
          default -> -1;
        };
    if (better < 0) {
      return answers.get(first);
    }
    preferred[better]++;
    kept.ifPresent(rows -> rows.add(pair(turns, answers, better, first)));
    return answers.get(better);
  }

  private String verdict(BufferedReader in) throws IOException {
    console.say("which is better? a, b, t (neither), s (skip)");
    for (Optional<String> line = line("? ", in); line.isPresent(); line = line("? ", in)) {
      String word = line.get().strip().toLowerCase(Locale.ROOT);
      if (word.equals("t")) {
        ties++;
      }
      if (List.of("a", "b", "t", "s").contains(word)) {
        return word;
      }
      console.say("wanted a, b, t or s");
    }
    return "s";
  }

  private PreferencePair pair(List<Message> turns, List<String> answers, int better, int first) {
    Map<String, String> meta = new LinkedHashMap<>();
    meta.put("source", "chat");
    meta.put("chosen_model", partners.get(better).name());
    meta.put("rejected_model", partners.get(1 - better).name());
    meta.put("shown_first", better == first ? "chosen" : "rejected");
    return new PreferencePair(
        new Prompt(all(turns), meta), answers.get(better), answers.get(1 - better));
  }

  private void reveal() {
    if (preferred[0] + preferred[1] + ties > 0) {
      console.say(
          "%s was better %d times, %s %d times, neither %d times"
              .formatted(names().get(0), preferred[0], names().get(1), preferred[1], ties));
      kept.ifPresent(rows -> console.say("preferences: " + rows.file()));
    }
  }

  /** What came of it, for programs. */
  Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", "ok");
    document.put("models", names());
    document.put("messages", all(messages));
    if (partners.size() == 2) {
      document.put("preferred", preferred);
      document.put("ties", ties);
    }
    return document;
  }
}
