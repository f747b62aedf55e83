package plumbline.judge;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import plumbline.InputException;
import plumbline.config.Nearest;
import plumbline.data.AtomicFile;
import plumbline.data.Message;
import plumbline.data.Prompt;
import plumbline.data.Sha256;

/**
 * The words with which a judge is asked, as files that people edit.
 *
 * <p>A template is a folder: {@code system.txt}, {@code user.txt} and, where they are used, {@code
 * ties.txt}, {@code criteria/CATEGORY.txt} and {@code examples/CATEGORY.txt}, of which {@code
 * general.txt} serves all categories without a file. Beside the templates lies {@code forms/} with
 * a sentence for each {@link AnswerForm}. {@code {{name}}} stands for a value; values are put in
 * once, so what a response holds is never taken for a name.
 */
final class Template {
  private static final String ROOT = "/plumbline/judge/";
  private static final String FORMS = "forms";
  private static final String GENERAL = "general";
  private static final Pattern NAME = Pattern.compile("\\{\\{(\\w+)}}");
  private static final List<String> CATEGORY_FILES =
      List.of(
          "general.txt",
          "fact-based.txt",
          "problem-solving.txt",
          "reasoning.txt",
          "creative.txt",
          "open-ended.txt",
          "summary.txt",
          "medical.txt",
          "lifting.txt",
          "meal.txt",
          "product.txt",
          "fever.txt",
          "stress.txt",
          "sitting.txt",
          "fall.txt",
          "running.txt");

  /** The built-in templates with their files. */
  private static final Map<String, List<String>> BUILT_IN =
      Map.of(
          "alpaca",
          List.of("system.txt", "user.txt", "ties.txt"),
          "mt-bench",
          List.of("system.txt", "user.txt", "ties.txt"),
          "rating",
          ratingFiles(),
          "categories",
          List.of("system.txt", "user.txt"),
          FORMS,
          Stream.of(AnswerForm.values()).map(Template::formFile).toList());

  private final String name;
  private final Map<String, String> files;

  private Template(String name, Map<String, String> files) {
    this.name = name;
    this.files = files;
  }

  private static List<String> ratingFiles() {
    List<String> files = new ArrayList<>(List.of("system.txt", "user.txt"));
    CATEGORY_FILES.forEach(file -> files.add("criteria/" + file));
    CATEGORY_FILES.forEach(file -> files.add("examples/" + file));
    return files;
  }

  private static String formFile(AnswerForm form) {
    return form.name().toLowerCase(Locale.ROOT) + ".txt";
  }

  /**
   * Reads a template.
   *
   * @param own folder of templates; a file there comes before the built-in one
   * @throws InputException if there is no such template, or a file cannot be read
   */
  static Template load(String name, Optional<Path> own) {
    Map<String, String> files = new TreeMap<>();
    for (String part : List.of(FORMS, name)) {
      String prefix = part.equals(FORMS) ? FORMS + "/" : "";
      for (String file : BUILT_IN.getOrDefault(part, List.of())) {
        files.put(prefix + file, resource(part + "/" + file));
      }
      own.map(folder -> folder.resolve(part)).ifPresent(at -> addOwn(at, prefix, files));
    }
    if (!files.containsKey("user.txt")) {
      throw new InputException(
          "there is no template '"
              + name
              + "'"
              + own.map(folder -> " in " + folder).orElse("")
              + ", wanted a folder with user.txt"
              + Nearest.hint(
                  name,
                  BUILT_IN.keySet().stream().filter(t -> !t.equals(FORMS)).sorted().toList()));
    }
    return new Template(name, files);
  }

  private static String resource(String file) {
    try (InputStream in = Template.class.getResourceAsStream(ROOT + file)) {
      if (in == null) {
        throw new IllegalStateException("the library lacks its file " + ROOT + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void addOwn(Path folder, String prefix, Map<String, String> files) {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> found = Files.walk(folder)) {
      for (Path file : found.filter(f -> f.toString().endsWith(".txt")).sorted().toList()) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        files.put(prefix + name, Files.readString(file).strip());
      }
    } catch (IOException e) {
      throw new InputException(folder + ": a template cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Writes the built-in templates as files to edit; files that are there stay.
   *
   * @return what was written
   */
  static List<Path> export(Path folder) {
    List<Path> written = new ArrayList<>();
    for (String name : BUILT_IN.keySet().stream().sorted().toList()) {
      for (String file : BUILT_IN.get(name)) {
        Path target = folder.resolve(name).resolve(file);
        if (!Files.exists(target)) {
          AtomicFile.writeText(target, resource(name + "/" + file) + "\n");
          written.add(target);
        }
      }
    }
    return written;
  }

  /** SHA-256 of all its files: what a verdict's cache goes by. */
  String version() {
    StringBuilder all = new StringBuilder();
    files.forEach((file, text) -> all.append(file).append('\0').append(text).append('\0'));
    return Sha256.ofText(all.toString());
  }

  /** The question which of two responses is better. */
  List<Message> comparison(
      Prompt prompt, String first, String second, AnswerForm form, List<String> labels) {
    Map<String, String> values = new TreeMap<>();
    values.put("a", first);
    values.put("b", second);
    values.put("ties", labels.size() > 2 ? " " + files.getOrDefault("ties.txt", "") : "");
    return messages(prompt, values, form, labels);
  }

  /** The question how good a response is. */
  List<Message> rating(Prompt prompt, String response, AnswerForm form, List<String> labels) {
    return messages(prompt, new TreeMap<>(Map.of("response", response)), form, labels);
  }

  /** The question what a prompt is. */
  List<Message> question(Prompt prompt, AnswerForm form, List<String> labels) {
    return messages(prompt, new TreeMap<>(), form, labels);
  }

  private List<Message> messages(
      Prompt prompt, Map<String, String> values, AnswerForm form, List<String> labels) {
    String category = prompt.meta().getOrDefault("category", GENERAL);
    values.put("prompt", shown(prompt));
    values.put("category", category);
    values.put("criteria", ofCategory("criteria", category));
    values.put("examples", ofCategory("examples", category));
    values.put("label", labels.get(labels.size() / 2));
    values.put("labels", listed(labels));
    values.put("form", filled(FORMS + "/" + formFile(form), values));
    List<Message> messages = new ArrayList<>();
    if (files.containsKey("system.txt")) {
      messages.add(new Message(Message.SYSTEM, filled("system.txt", values)));
    }
    messages.add(Message.user(filled("user.txt", values)));
    return messages;
  }

  /** A single question is shown as it is, a conversation with its roles. */
  private static String shown(Prompt prompt) {
    return prompt.messages().size() == 1 ? prompt.question() : prompt.transcript();
  }

  private String ofCategory(String folder, String category) {
    String slug = category.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", "-");
    return files.getOrDefault(
        folder + "/" + slug + ".txt", files.getOrDefault(folder + "/" + GENERAL + ".txt", ""));
  }

  private static String listed(List<String> labels) {
    int last = labels.size() - 1;
    return String.join(", ", labels.subList(0, last)) + " or " + labels.get(last);
  }

  private String filled(String file, Map<String, String> values) {
    Matcher names = NAME.matcher(files.get(file));
    StringBuilder text = new StringBuilder();
    while (names.find()) {
      String value = values.get(names.group(1));
      if (value == null) {
        throw new InputException(
            "template '%s', %s: there is no value {{%s}}%s"
                .formatted(
                    name, file, names.group(1), Nearest.hint(names.group(1), values.keySet())));
      }
      names.appendReplacement(text, Matcher.quoteReplacement(value));
    }
    return names.appendTail(text).toString();
  }
}
