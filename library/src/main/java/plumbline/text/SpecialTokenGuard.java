package plumbline.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Keeps names of special tokens in people's words from becoming special tokens.
 *
 * <p>A second tokenizer is made from the same file in which each special token goes by an alias
 * nobody can type: two private-use characters around its number. In a text that mixes structure and
 * words, names in the structure are replaced by their aliases and names in the words are left as
 * they are; that text is encoded as one, so that normalizers, prefix spaces and splits act as on
 * the plain text, and the ids are those of the plain file.
 *
 * <p>Which names are structure: before a chat template is rendered, {@link Shielding#shield} swaps
 * each name in the words, and each beginning or end of one at their edges, for a placeholder (the
 * other reserved character around a number). Whatever names the rendered text holds were then put
 * there by the template. This holds for any template that copies the words, trims them, or cuts
 * them at marks of its own.
 */
final class SpecialTokenGuard implements AutoCloseable {
  private static final String PLACEHOLDER_MARK = Character.toString(0x10FFFC);
  private static final String ALIAS_MARK = Character.toString(0x10FFFD);
  private static final Pattern PLACEHOLDER =
      Pattern.compile(PLACEHOLDER_MARK + "([0-9]+)" + PLACEHOLDER_MARK);

  private final TokenizerFiles files;
  private final Map<String, String> aliases = new LinkedHashMap<>();
  private final Pattern names;
  private final boolean plainTextIsSafe;
  private NativeTokenizer guarded;

  SpecialTokenGuard(TokenizerFiles files, Vocabulary vocabulary) {
    this.files = files;
    for (String name : vocabulary.specials()) {
      if (!name.isEmpty()) {
        aliases.put(name, ALIAS_MARK + aliases.size() + ALIAS_MARK);
      }
    }
    // Longest first: where two names begin at one place the library takes the longer.
    this.names =
        Pattern.compile(
            aliases.keySet().stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .map(Pattern::quote)
                .collect(Collectors.joining("|", "(?:", ")")));
    // A normalizer can turn other characters into a name.
    this.plainTextIsSafe = aliases.isEmpty() || files.json().path("normalizer").isEmpty();
  }

  int[] encodeOrdinary(NativeTokenizer plain, String text) {
    if (plainTextIsSafe && !hasName(text)) {
      return ids(plain, text);
    }
    return ids(guarded(), withoutMarks(text));
  }

  int[] encode(NativeTokenizer plain, Shielding shielding, String rendered) {
    if (plainTextIsSafe && shielding.fragments.isEmpty()) {
      return ids(plain, rendered);
    }
    String structure =
        aliases.isEmpty()
            ? rendered
            : names
                .matcher(rendered)
                .replaceAll(found -> Matcher.quoteReplacement(aliases.get(found.group())));
    return ids(guarded(), shielding.restore(structure));
  }

  Shielding shielding() {
    return new Shielding();
  }

  private boolean hasName(String text) {
    return !aliases.isEmpty() && names.matcher(text).find();
  }

  private static int[] ids(NativeTokenizer tokenizer, String text) {
    return Encoding.toInts(tokenizer.encode(text, false).getIds());
  }

  private static String withoutMarks(String text) {
    return text.replace(PLACEHOLDER_MARK, "\uFFFD").replace(ALIAS_MARK, "\uFFFD");
  }

  private synchronized NativeTokenizer guarded() {
    if (guarded == null) {
      guarded = NativeTokenizer.of(files.file(), guardedJson());
    }
    return guarded;
  }

  @Override
  public synchronized void close() {
    if (guarded != null) {
      guarded.close();
    }
  }

  private ObjectNode guardedJson() {
    ObjectNode json = files.json().deepCopy();
    for (JsonNode token : json.path("added_tokens")) {
      String alias = aliases.get(token.path("content").asText());
      if (alias != null) {
        ((ObjectNode) token).put("content", alias).put("normalized", false);
      }
    }
    ObjectNode model = (ObjectNode) json.get("model");
    if (aliases.containsKey(model.path("unk_token").asText())) {
      model.put("unk_token", aliases.get(model.path("unk_token").asText()));
    }
    if (model.get("vocab") instanceof ObjectNode vocab) {
      aliases.forEach(
          (name, alias) -> {
            if (vocab.remove(name) instanceof IntNode id) {
              vocab.set(alias, id);
            }
          });
    } else {
      for (JsonNode piece : model.path("vocab")) {
        String alias = aliases.get(piece.path(0).asText());
        if (alias != null) {
          ((ArrayNode) piece).set(0, TextNode.valueOf(alias));
        }
      }
    }
    if (model.get("merges") instanceof ArrayNode merges) {
      removeMergesIntoNames(merges);
    }
    return json;
  }

  private void removeMergesIntoNames(ArrayNode merges) {
    for (int i = merges.size() - 1; i >= 0; i--) {
      JsonNode merge = merges.get(i);
      String whole =
          merge.isArray()
              ? merge.path(0).asText() + merge.path(1).asText()
              : merge.asText().replaceFirst(" ", "");
      if (aliases.containsKey(whole)) {
        merges.remove(i);
      }
    }
  }

  /** The words of one rendering, with what was taken out of them. */
  final class Shielding {
    private final List<String> fragments = new ArrayList<>();
    private final Map<String, String> placeholders = new HashMap<>();

    /** The words with every name, and every piece of one at the edges, behind a placeholder. */
    String shield(String words) {
      return shieldEnd(shieldStart(shieldNames(words)));
    }

    /** A role, which templates may make names of, as in {@code <|user|>}, but which holds none. */
    String shieldNames(String words) {
      String marked = withoutMarks(words);
      return aliases.isEmpty()
          ? marked
          : names
              .matcher(marked)
              .replaceAll(found -> Matcher.quoteReplacement(placeholder(found.group())));
    }

    private String shieldStart(String words) {
      int start = words.length() - words.stripLeading().length();
      int length = 0;
      for (String name : aliases.keySet()) {
        for (int from = 1; from < name.length(); from++) {
          String tail = name.substring(from);
          if (tail.length() > length && words.startsWith(tail, start)) {
            length = tail.length();
          }
        }
      }
      return length == 0
          ? words
          : words.substring(0, start)
              + placeholder(words.substring(start, start + length))
              + words.substring(start + length);
    }

    private String shieldEnd(String words) {
      int end = words.stripTrailing().length();
      int length = 0;
      for (String name : aliases.keySet()) {
        for (int to = name.length() - 1; to > length; to--) {
          if (to <= end && words.startsWith(name.substring(0, to), end - to)) {
            length = to;
          }
        }
      }
      return length == 0
          ? words
          : words.substring(0, end - length)
              + placeholder(words.substring(end - length, end))
              + words.substring(end);
    }

    private String placeholder(String fragment) {
      return placeholders.computeIfAbsent(
          fragment,
          text -> {
            fragments.add(text);
            return PLACEHOLDER_MARK + (fragments.size() - 1) + PLACEHOLDER_MARK;
          });
    }

    private String restore(String text) {
      return PLACEHOLDER
          .matcher(text)
          .replaceAll(
              found -> Matcher.quoteReplacement(fragments.get(Integer.parseInt(found.group(1)))));
    }
  }
}
