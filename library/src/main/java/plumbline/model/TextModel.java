package plumbline.model;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import plumbline.InputException;
import plumbline.text.ChatTemplate;
import plumbline.text.DialogueEncoder;
import plumbline.text.Tokenizer;

/** A decoder with the tokenizer and chat template of its folder: a model that reads and writes. */
public final class TextModel implements AutoCloseable {
  private static final List<String> TEXT_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "chat_template.jinja");

  private static final String MORE_TEMPLATES = "additional_chat_templates";

  private final Path folder;
  private final Transformer decoder;
  private final DialogueEncoder text;

  private TextModel(Path folder, Transformer decoder, DialogueEncoder text) {
    this.folder = folder;
    this.decoder = decoder;
    this.text = text;
  }

  /**
   * Reads a Hugging Face folder.
   *
   * @param wanted the head that the model must have
   * @throws InputException if the folder is incomplete or its parts do not fit together
   */
  public static TextModel load(Path folder, Head wanted) {
    return load(folder, wanted, Optional.empty());
  }

  /**
   * {@link #load(Path, Head)} with the matrices of its blocks in a format.
   *
   * @param format without it they are in the engine's precision
   */
  public static TextModel load(Path folder, Head wanted, Optional<WeightFormat> format) {
    return of(textFolder(folder), ModelFolder.load(folder, wanted, format));
  }

  /** As {@link #load(Path, Head, Optional)}, an adapter merged into its base: to train on. */
  public static TextModel loadMerged(Path folder, Head wanted, Optional<WeightFormat> format) {
    return of(
        textFolder(folder),
        ModelFolder.require(wanted, ModelFolder.loadMerged(folder, format), folder));
  }

  /** As {@link #loadMerged(Path, Head, Optional)}, whatever its heads: a trunk to start from. */
  public static TextModel loadMerged(Path folder, Optional<WeightFormat> format) {
    return of(textFolder(folder), ModelFolder.loadMerged(folder, format));
  }

  /** As {@link #load(Path, Head)}, over weights that are shared and that nobody may train. */
  public static TextModel load(
      Path folder, Head wanted, Optional<WeightFormat> format, SharedBases bases) {
    Path text = hasText(folder) ? folder : textFolder(bases.baseOf(folder));
    return of(text, ModelFolder.require(wanted, bases.load(folder, format), folder));
  }

  /** An adapter merged into a base wherever this is. */
  public static TextModel loadMerged(Path adapter, Path base) {
    Path text = hasText(adapter) ? adapter : textFolder(base);
    return of(
        text, AdapterFolder.load(adapter, base, Optional.of(WeightFormat.FLOAT32)).intoMerged());
  }

  /** As {@link #load(Path, Head, Optional, SharedBases)}, an adapter merged into its base. */
  public static TextModel loadMerged(
      Path folder, Head wanted, Optional<WeightFormat> format, SharedBases bases) {
    return of(
        textFolder(folder), ModelFolder.require(wanted, bases.merged(folder, format), folder));
  }

  /**
   * An adapter over a model whose weights are shared, wherever its own folder says that its base
   * is; the tokenizer is that model's.
   *
   * @throws InputException if the adapter does not fit
   */
  public static TextModel over(
      Path adapter, Path base, Optional<WeightFormat> format, SharedBases bases) {
    try (Transformer below = bases.merged(base, format)) {
      return of(textFolder(base), AdapterFolder.load(adapter, below));
    }
  }

  /** Where a model's tokenizer is: an adapter without one uses its base's. */
  private static Path textFolder(Path folder) {
    return hasText(folder) ? folder : textFolder(AdapterFolder.base(folder));
  }

  private static boolean hasText(Path folder) {
    return !AdapterFolder.isOne(folder) || Files.exists(folder.resolve(TEXT_FILES.get(0)));
  }

  /** A decoder that uses the tokenizer and template in {@code folder}; takes ownership of it. */
  public static TextModel of(Path folder, Transformer decoder) {
    Tokenizer tokenizer = Tokenizer.load(folder);
    if (tokenizer.vocabularySize() > decoder.config().vocabularySize()) {
      int found = tokenizer.vocabularySize();
      tokenizer.close();
      decoder.close();
      throw new InputException(
          folder
              + ": the tokenizer has "
              + found
              + " tokens but the model's vocabulary only "
              + decoder.config().vocabularySize());
    }
    return new TextModel(
        folder, decoder, new DialogueEncoder(tokenizer, ChatTemplate.load(folder)));
  }

  public Transformer transformer() {
    return decoder;
  }

  /**
   * This model as one that only generates; takes its parts, so that only the result is closed.
   *
   * @throws InputException as {@link Transformer#forSampling} does
   */
  public TextModel intoSampling(Optional<WeightFormat> format) {
    try {
      return new TextModel(folder, decoder.intoSampling(format), text);
    } catch (RuntimeException | Error e) {
      text.tokenizer().close();
      throw e;
    }
  }

  public DialogueEncoder text() {
    return text;
  }

  /** Writes a decoder of this tokenizer as a folder of its own. */
  public void save(Transformer decoder, Path target) {
    ModelFolder.save(decoder, target);
    copyText(target);
  }

  /**
   * Writes the adapter of a decoder of this tokenizer as a folder of its own.
   *
   * @param heads those of its heads that are written
   * @param base where its base is, as it shall be written
   */
  public void saveAdapter(Transformer decoder, Set<Head> heads, String base, Path target) {
    AdapterFolder.save(decoder, heads, base, target);
    copyText(target);
  }

  private void copyText(Path target) {
    try {
      for (String name : TEXT_FILES) {
        copy(folder.resolve(name), target.resolve(name));
      }
      Path others = folder.resolve(MORE_TEMPLATES);
      if (Files.isDirectory(others)) {
        Files.createDirectories(target.resolve(MORE_TEMPLATES));
        try (DirectoryStream<Path> templates = Files.newDirectoryStream(others, "*.jinja")) {
          for (Path template : templates) {
            copy(template, target.resolve(MORE_TEMPLATES).resolve(template.getFileName()));
          }
        }
      }
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private static void copy(Path file, Path target) throws IOException {
    if (Files.isRegularFile(file)) {
      Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public void close() {
    decoder.close();
    text.tokenizer().close();
  }
}
