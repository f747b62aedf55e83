package plumbline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.data.format.RowFiles;
import plumbline.model.Generator;
import plumbline.model.Generator.Generated;
import plumbline.model.Head;
import plumbline.model.Sampling;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.train.Progress;
import plumbline.train.Rollout;

/** Lets a model answer prompts. */
@Command(
    name = "generate",
    description = "Let a model answer prompts, or go on with texts.",
    defaultValueProvider = SamplingOptions.Defaults.class)
final class GenerateCommand implements Action {
  private static final int ROWS_PER_BATCH = 32;

  @Mixin private ModelArgument model = new ModelArgument();
  @Mixin private PromptOptions prompts = new PromptOptions();

  @Option(
      names = "--raw",
      description =
          "Go on with the text itself, without the chat template; special tokens written in it"
              + " count as such.")
  private boolean raw;

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Seed of every random choice; default: 1.")
  private long seed = 1;

  @Option(names = "--samples", paramLabel = "K", description = "Responses per prompt; default: 1.")
  private int samples = 1;

  @Mixin private BestOfOptions bestOf = new BestOfOptions();

  @Option(
      names = "--out",
      paramLabel = "FILE.jsonl",
      description = "Write prompts and responses as rows too.")
  private Path out;

  @Mixin private BaseOption base = new BaseOption();
  @Mixin private WeightOptions weights = new WeightOptions();

  @Mixin private EngineOptions engine = new EngineOptions();

  /** A response that is asked for. */
  private record Row(Prompt prompt, int[] ids, int sample, long seed) {}

  private record Answer(Row row, String text, Generated generated) {}

  @Override
  public int run(Console console) throws IOException {
    Sampling how = sampling.sampling();
    if (samples < 1) {
      throw new InputException("--samples is " + samples + ", wanted >= 1");
    }
    int candidates = bestOf.candidates();
    if (raw && candidates > 1) {
      throw new InputException("--best-of scores answers to prompts; leave out --raw");
    }
    Path folder = model.folder(console);
    List<Prompt> asked = prompts.prompts(console);
    engine.configure();
    List<Answer> answers;
    try (SharedBases bases = base.bases(console)) {
      TextModel whole = TextModel.load(folder, Head.LANGUAGE, weights.format(), bases);
      if (candidates == 1) {
        bases.close(); // No scorer reads the same weights, which therefore need not stay.
      }
      try (TextModel loaded = whole.intoSampling(weights.sampling())) {
        answers = answers(loaded, rows(loaded, asked, samples * candidates), how, console);
        if (candidates > 1) {
          answers = best(answers, candidates, bases, console);
        }
      }
    }
    if (out != null) {
      write(answers);
    }
    say(answers, console);
    console.result(document(folder, answers));
    return ExitCode.DONE;
  }

  private List<Answer> best(
      List<Answer> answers, int candidates, SharedBases bases, Console console) {
    List<Completion> completions =
        answers.stream()
            .map(a -> new Completion(a.row().prompt(), a.text(), a.generated().ended()))
            .toList();
    List<Answer> chosen = new ArrayList<>();
    for (int i : bestOf.best(completions, bases, console)) {
      Row row = answers.get(i).row();
      Row renumbered = new Row(row.prompt(), row.ids(), row.sample() / candidates, row.seed());
      chosen.add(new Answer(renumbered, answers.get(i).text(), answers.get(i).generated()));
    }
    return chosen;
  }

  private List<Row> rows(TextModel loaded, List<Prompt> asked, int perPrompt) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      int[] ids = tokens(loaded, asked.get(i), i);
      for (int sample = 0; sample < perPrompt; sample++) {
        rows.add(new Row(asked.get(i), ids, sample, Rollout.seed(seed, sample, i)));
      }
    }
    return rows;
  }

  private int[] tokens(TextModel loaded, Prompt prompt, int number) {
    if (raw && prompt.messages().size() > 1) {
      throw new InputException(
          "%s has %d messages, --raw wants a single text; leave out --raw to use the chat template"
              .formatted(place(prompt, number), prompt.messages().size()));
    }
    int[] ids = raw ? loaded.text().continuation(prompt.question()) : loaded.text().prompt(prompt);
    int context = loaded.transformer().config().maxPositions();
    if (ids.length >= context) {
      throw new InputException(
          "%s has %d tokens, the model's context of %d leaves no room for a response; shorten it"
              .formatted(place(prompt, number), ids.length, context));
    }
    if (ids.length == 0) {
      throw new InputException(place(prompt, number) + " is empty; this model needs a first word");
    }
    return ids;
  }

  private static String place(Prompt prompt, int number) {
    Map<String, String> meta = prompt.meta();
    return meta.containsKey("line")
        ? meta.get("source") + ":" + meta.get("line") + ": the prompt"
        : "prompt " + (number + 1);
  }

  private List<Answer> answers(TextModel loaded, List<Row> rows, Sampling how, Console console) {
    int end = loaded.text().endOfTurnId();
    Generator generator = new Generator(loaded.transformer(), how, end, ROWS_PER_BATCH);
    List<Answer> answers = new ArrayList<>();
    try (Progress.Task task = console.progress().start("generate", rows.size())) {
      for (int from = 0; from < rows.size(); from += ROWS_PER_BATCH) {
        List<Row> batch = rows.subList(from, Math.min(rows.size(), from + ROWS_PER_BATCH));
        List<Generated> found =
            generator.generate(
                batch.stream().map(Row::ids).toList(),
                batch.stream().mapToLong(Row::seed).toArray());
        for (int i = 0; i < found.size(); i++) {
          answers.add(answer(loaded, batch.get(i), found.get(i)));
          task.step("");
        }
      }
    }
    int context = loaded.transformer().config().maxPositions();
    long cut = answers.stream().filter(answer -> isCut(answer, context)).count();
    if (cut > 0) {
      console.warn(
          cut
              + " of "
              + answers.size()
              + " responses were cut at the model's context of "
              + context);
    }
    return answers;
  }

  private Answer answer(TextModel loaded, Row row, Generated generated) {
    String text =
        raw
            ? loaded.text().continuationText(row.ids(), generated.ids())
            : loaded.text().text(generated.ids());
    return new Answer(row, text, generated);
  }

  private static boolean isCut(Answer answer, int context) {
    int length = answer.row().ids().length + answer.generated().ids().length;
    return !answer.generated().ended() && length == context;
  }

  private void write(List<Answer> answers) {
    List<Demonstration> rows = new ArrayList<>();
    for (Answer answer : answers) {
      Prompt prompt = answer.row().prompt();
      Map<String, String> meta = new TreeMap<>(prompt.meta());
      meta.put("ended", Boolean.toString(answer.generated().ended()));
      meta.put("sample", Integer.toString(answer.row().sample()));
      rows.add(new Demonstration(new Prompt(prompt.messages(), meta), answer.text()));
    }
    RowFiles.write(out, rows);
  }

  private void say(List<Answer> answers, Console console) {
    for (Answer answer : answers) {
      Prompt prompt = answer.row().prompt();
      if (answers.size() > 1) {
        console.say("----" + (raw ? "" : " " + prompt.transcript()));
      }
      console.say((raw ? prompt.question() : "") + answer.text());
    }
    if (out != null) {
      console.say("written: " + out);
    }
  }

  private Map<String, Object> document(Path folder, List<Answer> answers) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Answer answer : answers) {
      Prompt prompt = answer.row().prompt();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("prompt", raw ? prompt.question() : prompt.messages());
      row.put("sample", answer.row().sample());
      row.put("response", answer.text());
      row.put("ids", answer.generated().ids());
      row.put("ended", answer.generated().ended());
      rows.add(row);
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("status", "ok");
    document.put("model", folder.toString());
    document.put("responses", rows);
    return document;
  }
}
