package plumbline.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.model.Llama2cFile;
import plumbline.model.ModelFolder;
import plumbline.model.Precision;
import plumbline.model.Transformer;
import plumbline.model.WeightLayout;
import plumbline.pipeline.ModelCard;
import plumbline.text.SentencePieceImport;
import plumbline.text.Tokenizer;

/** Makes a Hugging Face folder of a checkpoint in another format. */
@Command(name = "convert", description = "Convert a llama2.c checkpoint to a Hugging Face folder.")
final class ConvertCommand implements Action {
  private static final String ENDING = ".bin";

  @Parameters(
      index = "0",
      paramLabel = "SOURCE",
      description = "A checkpoint of llama2.c (version 0), or a folder with one and its tokenizer.")
  private Path source;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The new Hugging Face folder, which must not exist yet.")
  private Path out;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "The checkpoint's tokenizer; default: the tok*.bin beside the checkpoint.")
  private Path tokenizer;

  @Option(
      names = "--precision",
      paramLabel = "NAME",
      description = "Precision of the written weights: float32 or bfloat16; default: float32.")
  private Precisions precision = Precisions.float32;

  @Option(
      names = "--max-shard-size",
      paramLabel = "MB",
      description = "Most megabytes of tensors in one file; default: 5000.")
  private long maxShardSize = 5000;

  @Mixin private EngineOptions engine = new EngineOptions();

  /** The precisions as they are written. */
  enum Precisions {
    float32(Precision.FLOAT32),
    bfloat16(Precision.BFLOAT16);

    private final Precision precision;

    Precisions(Precision precision) {
      this.precision = precision;
    }
  }

  private WeightLayout layout() {
    if (maxShardSize < 1) {
      throw new InputException("--max-shard-size is " + maxShardSize + ", wanted at least 1");
    }
    return new WeightLayout(precision.precision, maxShardSize * 1_000_000);
  }

  @Override
  public int run(Console console) throws IOException {
    Path checkpoint = checkpoint();
    Path vocabulary = tokenizer == null ? tokenizerBeside(checkpoint) : tokenizer;
    WeightLayout layout = layout();
    engine.configure();
    try (Transformer decoder = Llama2cFile.read(checkpoint);
        UnfinishedFolder unfinished = UnfinishedFolder.of(out)) {
      ModelFolder.save(decoder, unfinished.path(), layout);
      SentencePieceImport.convert(vocabulary, unfinished.path());
      checkVocabulary(vocabulary, unfinished.path(), decoder.config().vocabularySize());
      ModelCard.ofConversion(checkpoint, vocabulary, unfinished.path());
      unfinished.finish();
      say(console, decoder);
    }
    return ExitCode.DONE;
  }

  private Path checkpoint() {
    if (!Files.isDirectory(source)) {
      return source;
    }
    return only(source, name -> !isTokenizer(name), "checkpoint; name the file itself");
  }

  private static Path tokenizerBeside(Path checkpoint) {
    if (!Files.exists(checkpoint)) {
      throw new InputException(checkpoint + ": there is no such file or folder");
    }
    Path folder = checkpoint.getParent() == null ? Path.of(".") : checkpoint.getParent();
    return only(folder, ConvertCommand::isTokenizer, "tokenizer; name it with --tokenizer FILE");
  }

  private static boolean isTokenizer(String name) {
    return name.startsWith("tok");
  }

  /** The one .bin file of a folder whose name is wanted. */
  private static Path only(Path folder, Predicate<String> wanted, String what) {
    List<Path> found;
    try (Stream<Path> files = Files.list(folder)) {
      found =
          files
              .filter(file -> file.getFileName().toString().endsWith(ENDING))
              .filter(file -> wanted.test(file.getFileName().toString()))
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(folder.toString(), e);
    }
    if (found.size() != 1) {
      throw new InputException(
          "%s: found %s, wanted one %s"
              .formatted(folder, found.isEmpty() ? "no .bin file" : found, what));
    }
    return found.get(0);
  }

  private static void checkVocabulary(Path vocabulary, Path folder, int wanted) {
    try (Tokenizer written = Tokenizer.load(folder)) {
      if (written.vocabularySize() != wanted) {
        throw new InputException(
            vocabulary
                + ": has "
                + written.vocabularySize()
                + " tokens, the checkpoint "
                + wanted
                + "; name the checkpoint's own tokenizer with --tokenizer FILE");
      }
    }
  }

  private void say(Console console, Transformer decoder) {
    long parameters = decoder.weights().count();
    int vocabulary = decoder.config().vocabularySize();
    console.say(out + ": " + parameters + " parameters, " + vocabulary + " tokens");
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("status", "ok");
    result.put("model", out.toString());
    result.put("parameters", parameters);
    result.put("vocabulary", vocabulary);
    console.result(result);
  }
}
