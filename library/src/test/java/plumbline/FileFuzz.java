package plumbline;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import plumbline.config.Config;
import plumbline.data.Message;
import plumbline.data.format.DataFolderWriter;
import plumbline.data.format.Faults;
import plumbline.data.format.Importer;
import plumbline.data.format.RowFiles;
import plumbline.model.Head;
import plumbline.model.ModelFolder;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.Transformer;
import plumbline.pipeline.Pipeline;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;
import plumbline.text.ChatTemplate;
import plumbline.text.SentencePieceImport;
import plumbline.text.Tokenizer;
import plumbline.train.CheckpointConfig;
import plumbline.train.Checkpoints;
import plumbline.train.RunDirectory;

/**
 * Loads damaged copies of a folder's files in a process of its own, which may crash, hang or run
 * out of memory without taking the tests with it.
 *
 * <p>Every copy must load, or be refused by an {@link InputException} of one line that names a
 * file.
 */
final class FileFuzz {
  private FileFuzz() {}

  /** Arguments: folder, file name, first seed, count. Prints a line per outcome, then "done". */
  public static void main(String[] args) throws IOException {
    Path original = Path.of(args[0]);
    String name = args[1];
    long first = Long.parseLong(args[2]);
    int count = Integer.parseInt(args[3]);
    Path folder = Files.createTempDirectory("fuzz");
    try (Stream<Path> files = Files.walk(original)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = folder.resolve(original.relativize(file));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
      }
    }
    byte[] whole = Files.readAllBytes(original.resolve(name));
    Map<String, Integer> outcomes = new TreeMap<>();
    int failures = 0;
    for (long seed = first; seed < first + count; seed++) {
      Files.write(
          original.resolveSibling("last-seed"),
          Long.toString(seed).getBytes(StandardCharsets.UTF_8));
      byte[] damaged = damaged(name, whole, seed);
      Files.write(folder.resolve(name), damaged);
      String outcome = outcome(folder, name);
      if (Arrays.equals(damaged, whole)) {
        outcome = outcome.equals("loaded") ? "unharmed" : "FAIL the very file is " + outcome;
      } else if (outcome.equals("loaded") && name.endsWith("state.safetensors")) {
        outcome = "FAIL its checksum was not looked at";
      }
      outcomes.merge(outcome.startsWith("FAIL") ? "FAIL" : outcome, 1, Integer::sum);
      if (outcome.startsWith("FAIL") && failures++ < 20) {
        System.out.println("seed " + seed + ": " + outcome);
      }
    }
    System.out.println("done " + outcomes);
  }

  static byte[] damaged(String name, byte[] whole, long seed) {
    Mutation mutation = new Mutation(seed);
    if (name.endsWith(".yaml")) {
      return mutation.ofYaml(whole);
    }
    if (name.endsWith(".jsonl")) {
      return mutation.ofLines(whole);
    }
    if (name.endsWith(".json")) {
      return mutation.ofJson(whole);
    }
    if (!name.endsWith(".safetensors")) {
      return mutation.ofBytes(whole);
    }
    if (seed % 2 == 0) {
      return mutation.ofBytes(whole);
    }
    int header = (int) ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] json = mutation.ofJson(Arrays.copyOfRange(whole, 8, 8 + header));
    return ByteBuffer.allocate(whole.length - header + json.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(whole, 8 + header, whole.length - 8 - header)
        .array();
  }

  private static String outcome(Path folder, String name) {
    try {
      return read(folder, name);
    } catch (Throwable e) {
      StackTraceElement at = e.getStackTrace().length > 0 ? e.getStackTrace()[0] : null;
      String ours =
          Arrays.stream(e.getStackTrace())
              .filter(frame -> frame.getClassName().startsWith("plumbline."))
              .limit(3)
              .map(StackTraceElement::toString)
              .toList()
              .toString();
      return "FAIL " + String.valueOf(e).lines().findFirst().orElse("") + " at " + at + " " + ours;
    }
  }

  private static String read(Path folder, String name) {
    try {
      if (name.endsWith(".yaml")) {
        Pipeline.of(Config.read(folder.resolve(name)));
      } else if (name.startsWith("rows.")) {
        useRows(folder, folder.resolve(name));
      } else if (name.equals("tokenizer.bin")) {
        SentencePieceImport.convert(folder.resolve(name), folder.resolve("converted"));
      } else if (name.startsWith("adapter_")) {
        TextModel.loadMerged(folder, Head.LANGUAGE, Optional.empty()).close();
      } else if (name.startsWith("checkpoints/")) {
        return useCheckpoint(folder);
      } else if (name.startsWith("tokenizer")) {
        useTokenizer(folder);
      } else if (name.endsWith(".safetensors") && !name.startsWith("model")) {
        Safetensors.read(folder.resolve(name)).values().forEach(Tensor::close);
      } else {
        useModel(folder);
      }
      return "loaded";
    } catch (InputException e) {
      requireGood(folder, e);
      return "refused";
    }
  }

  private static void requireGood(Path folder, InputException e) {
    String message = String.valueOf(e.getMessage());
    boolean named = message.contains(folder.toString()) && message.lines().count() == 1;
    if (!named || message.length() >= 2000) {
      throw new IllegalStateException("message: " + message, e);
    }
  }

  /** As rows of each kind where they are ours, and as an import of any format. */
  private static void useRows(Path folder, Path file) {
    if (file.toString().endsWith(".jsonl")) {
      List<Consumer<Path>> readers =
          List.of(
              RowFiles::readPrompts,
              RowFiles::readDemonstrations,
              RowFiles::readPairs,
              RowFiles::readRankings);
      for (Consumer<Path> reader : readers) {
        try {
          reader.accept(file);
        } catch (InputException e) {
          requireGood(folder, e);
        }
      }
      RowFiles.readRatings(file);
    }
    try (DataFolderWriter writer = DataFolderWriter.to(folder.resolve("imported"), false)) {
      new Importer(Optional.empty(), Map.of(), Faults.COUNT)
          .run(List.of(file), writer, (bytes, total, rows) -> {});
    }
  }

  /** A damaged checkpoint is passed over, never an end: the one before is there. */
  private static String useCheckpoint(Path folder) {
    try (RunDirectory run = TinyModels.resumed(folder);
        Tensor weight = Scopes.call(() -> Scopes.keep(Ops.floats(new float[4], 4)))) {
      long step =
          new Checkpoints(run, new CheckpointConfig(1, 9), 9)
              .weights("weights", Map.of("w", weight))
              .resume();
      return step == 2 ? "loaded" : step == 1 ? "refused" : "FAIL went on from step " + step;
    }
  }

  /** What a YAML file names in its tags: to be made by nobody. */
  public static final class Trap {
    public Trap() {
      System.out.println("FAIL a file has made an object");
    }
  }

  private static void useModel(Path folder) {
    try (Transformer model = ModelFolder.load(folder)) {
      Scopes.noGrad(() -> Scopes.run(() -> model.hidden(TokenBatch.of(new int[] {0}))));
    }
  }

  private static void useTokenizer(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.load(folder)) {
      for (String text : List.of("the cat sat", " \u00e9\ud83d\ude00\n\t", "", "<s> </s>")) {
        int[] ids = tokenizer.encode(text, true);
        tokenizer.decode(ids, true);
        tokenizer.encodeOrdinary(text);
      }
      tokenizer.pairEncoding("the cat", "sat");
    }
    ChatTemplate.load(folder)
        .render(List.of(new Message("user", "hi"), new Message("assistant", "ho")), true);
  }
}
