package plumbline.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import plumbline.InputException;
import plumbline.data.Message;

/**
 * Writes a conversation as the one text a model reads, by a Jinja template of Hugging Face's kind.
 *
 * <p>Templates see {@code messages} (each with {@code role} and {@code content}), {@code
 * add_generation_prompt}, special tokens such as {@code bos_token}, and {@code
 * raise_exception(text)}. They run in a sandbox: no files, no classes, bounded output. What is
 * written in a message is never run as a template.
 */
public final class ChatTemplate {
  /** A turn is {@code <|im_start|>role\ncontent<|im_end|>\n}. */
  static final String CHAT_ML =
      "{% for message in messages %}"
          + "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
          + "{% endfor %}"
          + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

  private static final List<String> TOKEN_NAMES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "pad_token",
          "sep_token",
          "cls_token",
          "mask_token");

  private final String jinja;
  private final String prepared;
  private final Map<String, String> specialTokens;
  private final String origin;

  private ChatTemplate(String jinja, Map<String, String> specialTokens, String origin) {
    this.jinja = jinja;
    this.specialTokens = Map.copyOf(specialTokens);
    this.origin = origin;
    try {
      this.prepared = TemplateSandbox.prepare(jinja);
    } catch (InputException e) {
      throw new InputException(origin + ": " + e.getMessage(), e);
    }
  }

  /** ChatML, which needs {@code <|im_start|>} and {@code <|im_end|>}. */
  public static ChatTemplate chatMl() {
    return of(CHAT_ML, Map.of());
  }

  /**
   * A template of one's own.
   *
   * @param specialTokens values of {@code bos_token}, {@code eos_token} and so on
   * @throws InputException if a tag does not end, or uses a filter or a test that there is not
   */
  public static ChatTemplate of(String jinja, Map<String, String> specialTokens) {
    return new ChatTemplate(jinja, specialTokens, "chat template");
  }

  /**
   * The template of a Hugging Face folder: {@code chat_template.jinja}, or {@code chat_template} of
   * {@code tokenizer_config.json} (where there are several, the one called {@code default}), or
   * ChatML if there is neither.
   *
   * @throws InputException if a file is broken
   */
  public static ChatTemplate load(Path folder) {
    Path configFile = folder.resolve(TokenizerFiles.CONFIG);
    ObjectNode config = TokenizerFiles.optional(configFile);
    ObjectNode map = TokenizerFiles.optional(folder.resolve("special_tokens_map.json"));
    Map<String, String> tokens = new TreeMap<>();
    for (String name : TOKEN_NAMES) {
      TokenizerFiles.namedToken(config, name)
          .or(() -> TokenizerFiles.namedToken(map, name))
          .ifPresent(token -> tokens.put(name, token));
    }
    Path file = folder.resolve("chat_template.jinja");
    if (Files.isRegularFile(file)) {
      try {
        return new ChatTemplate(Files.readString(file), tokens, file.toString());
      } catch (IOException e) {
        throw new InputException(file + ": cannot be read as UTF-8 text: " + e.getMessage(), e);
      }
    }
    JsonNode template = config.path("chat_template");
    if (template.isTextual()) {
      return new ChatTemplate(template.asText(), tokens, configFile + ": 'chat_template'");
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        String jinja = named.path("template").asText();
        return new ChatTemplate(jinja, tokens, configFile + ": 'chat_template' default");
      }
    }
    if (!template.isMissingNode() && !template.isNull()) {
      throw new InputException(
          configFile + ": 'chat_template' must be a text or a list that has a 'default'");
    }
    return new ChatTemplate(CHAT_ML, tokens, "ChatML template");
  }

  /**
   * The conversation as text.
   *
   * @param addGenerationPrompt whether the text ends where the assistant's next words begin
   * @throws InputException if the template is broken or refuses these messages
   */
  public String render(List<Message> messages, boolean addGenerationPrompt) {
    Map<String, Object> context = new HashMap<>(specialTokens);
    context.put(
        "messages",
        messages.stream()
            .map(
                message -> {
                  Map<String, Object> turn = new LinkedHashMap<>();
                  turn.put("role", message.role());
                  turn.put("content", message.content());
                  return turn;
                })
            .toList());
    context.put("add_generation_prompt", addGenerationPrompt);
    RenderResult result = TemplateSandbox.render(prepared, context);
    // Warnings too: the engine warns of what it leaves out.
    for (TemplateError error : result.getErrors()) {
      throw new InputException(origin + ": " + reason(error), error.getException());
    }
    return result.getOutput();
  }

  private static String reason(TemplateError error) {
    for (Throwable cause = error.getException(); cause != null; cause = cause.getCause()) {
      if (cause instanceof TemplateSandbox.Refusal) {
        return "refuses these messages: " + cause.getMessage();
      }
    }
    return "line " + error.getLineno() + ": " + error.getMessage();
  }

  /** The Jinja source. */
  public String source() {
    return jinja;
  }
}
