package plumbline.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.data.AtomicFile;
import plumbline.data.Sha256;
import plumbline.hub.Repository;
import plumbline.train.RunDirectory;

/**
 * The {@code README.md} beside a model's weights, as Hugging Face's hub reads it: a YAML header,
 * and for people where the model comes from, what it is for and what is known of it.
 *
 * <p>{@code base_model} names only what a hub has; folders stand below {@code plumbline} and in the
 * text, with the hashes of their weights. The licence is that of the base's card.
 */
public final class ModelCard {
  static final String FILE = "README.md";
  private static final String BASE = "base_model";
  private static final String LICENSE = "license";
  private static final String OURS = "plumbline";

  private final Path folder;
  private final CardKind kind;
  private final Map<String, Object> header = new LinkedHashMap<>();
  private final StringBuilder body = new StringBuilder();

  ModelCard(Path folder, CardKind kind) {
    this.folder = folder;
    this.kind = kind;
    put("library_name", isAdapter(folder) ? "peft" : "transformers");
    put("pipeline_tag", kind.task());
    List<String> tags = new ArrayList<>(List.of(OURS));
    tags.addAll(kind.tags());
    if (isAdapter(folder)) {
      tags.add("lora");
    }
    put("tags", tags);
  }

  /** Writes the card of a finished run that has a model; others get none. */
  static void ofRun(RunDirectory run, Path out) {
    if (Files.isDirectory(run.model())) {
      new RunCard(run.path(), out).card().write();
    }
  }

  /**
   * Writes the card of an adapter merged into its base: the adapter's, as far as it has one.
   *
   * @param target the folder with the merged model
   */
  public static void ofMerge(Path adapter, Path base, Path target) {
    Map<String, Object> before = CardHeader.readIfAny(adapter);
    ModelCard card = new ModelCard(target, kind(before));
    card.basedOn(base);
    for (String key : List.of(LICENSE, "datasets", "model-index", OURS)) {
      Optional.ofNullable(before.get(key)).ifPresent(value -> card.put(key, value));
    }
    card.title("An adapter merged into its base");
    card.paragraph(
        card.kind.what() + ", made by `plumbline merge`. It computes what base and adapter do.");
    card.section("Where it comes from");
    card.models("Made of", List.of(base, adapter), ModelCard::shown);
    card.uses(card.kind.limits());
    String text = CardHeader.bodyIfAny(adapter);
    if (!text.isEmpty()) {
      card.section("The adapter's card");
      card.paragraph(text.replaceAll("(?m)^(#+ )", "##$1"));
    }
    card.write();
  }

  private static CardKind kind(Map<String, Object> header) {
    return header.get(OURS) instanceof Map<?, ?> facts
        ? CardKind.of(String.valueOf(facts.get("kind")))
        : CardKind.OTHER;
  }

  /** Writes the card of a model that was made of a file in another format. */
  public static void ofConversion(Path source, Path vocabulary, Path target) {
    ModelCard card = new ModelCard(target, CardKind.OTHER);
    card.title("A converted model");
    card.paragraph("A model in another format, converted by `plumbline convert`.");
    card.section("Where it comes from");
    Map<String, String> files = new LinkedHashMap<>();
    for (Path file : List.of(source, vocabulary)) {
      files.put(file.toString(), Sha256.of(file));
    }
    card.files("Made of", files);
    card.uses(List.of("Nothing is known here of how the original was trained."));
    card.write();
  }

  // ---- header

  /** Sets a key of the header; empty lists and texts are left out. */
  void put(String key, Object value) {
    if (!(value instanceof Collection<?> all && all.isEmpty()) && !value.equals("")) {
      header.put(key, value);
    }
  }

  /** Names the hub's model that a model began with, itself or through folders with our cards. */
  void basedOn(Path start) {
    Map<String, Object> before = CardHeader.readIfAny(start);
    Optional<String> repository = Repository.ofSnapshot(start).map(Repository::name);
    if (repository.isPresent() || before.containsKey(OURS)) {
      List<String> names = repository.map(List::of).orElseGet(() -> CardHeader.texts(before, BASE));
      put(BASE, names);
      if (!names.isEmpty()) {
        put("base_model_relation", isAdapter(folder) ? "adapter" : "finetune");
      }
    }
    CardHeader.texts(before, LICENSE).stream()
        .findFirst()
        .ifPresent(license -> put(LICENSE, license));
  }

  private static boolean isAdapter(Path folder) {
    return Files.exists(folder.resolve("adapter_config.json"));
  }

  // ---- body

  void title(String text) {
    body.append("\n# ").append(text).append('\n');
  }

  void section(String title) {
    body.append("\n## ").append(title).append('\n');
  }

  void paragraph(String text) {
    body.append('\n').append(text).append('\n');
  }

  void block(String language, String text) {
    String fence = text.contains("```") ? "~~~~" : "```";
    body.append('\n').append(fence).append(language).append('\n');
    body.append(text.strip()).append('\n').append(fence).append('\n');
  }

  void table(List<String> heads, List<List<String>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    body.append('\n').append(row(heads)).append("|").append(" --- |".repeat(heads.size()));
    body.append('\n');
    rows.forEach(row -> body.append(row(row)));
  }

  private static String row(List<String> cells) {
    StringBuilder row = new StringBuilder("|");
    cells.forEach(cell -> row.append(' ').append(cell.replace("|", "\\|")).append(" |"));
    return row.append('\n').toString();
  }

  /** A table of files with their hashes. */
  void files(String what, Map<String, String> files) {
    List<List<String>> rows = new ArrayList<>();
    files.forEach((file, hash) -> rows.add(List.of("`" + file + "`", "`" + hash + "`")));
    table(List.of(what, "SHA-256"), rows);
  }

  /** A table of models' weights with their hashes. */
  void models(String what, List<Path> models, Function<Path, String> names) {
    Map<String, String> files = new LinkedHashMap<>();
    for (Path model : models) {
      for (Path file : weights(model)) {
        files.put(names.apply(model) + "/" + file.getFileName(), Sha256.of(file));
      }
    }
    files(what, files);
  }

  private static List<Path> weights(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(".safetensors"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** What the model is for, what to beware of, how it is used, and which weights are meant. */
  void uses(List<String> limits) {
    section("Intended use");
    paragraph(kind.use());
    section("Limits");
    body.append('\n');
    limits.forEach(limit -> body.append("- ").append(limit.replace("\n", " ")).append('\n'));
    body.append("- Nobody has tested it for safety, facts or bias unless it says so here.\n");
    section("Use");
    boolean scores = kind == CardKind.REWARD;
    block(
        "sh",
        scores
            ? "plumbline score FOLDER --file rows.jsonl"
            : "plumbline generate FOLDER --prompt \"...\"");
    paragraph(
        isAdapter(folder)
            ? "PEFT loads it on its base, which `adapter_config.json` names; `plumbline merge` makes"
                + " a whole model of the two."
            : "Transformers loads it with `%s.from_pretrained`."
                .formatted(scores ? "AutoModelForSequenceClassification" : "AutoModelForCausalLM"));
    models("This model's weights", List.of(folder), model -> ".");
  }

  /** A model's folder, or the commit of a hub that it is. */
  static String shown(Path folder) {
    return Repository.ofSnapshot(folder).map(Repository::toString).orElse(folder.toString());
  }

  void write() {
    AtomicFile.writeText(folder.resolve(FILE), CardHeader.write(header) + body);
  }
}
