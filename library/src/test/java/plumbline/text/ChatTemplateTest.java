package plumbline.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import plumbline.InputException;
import plumbline.data.Message;

class ChatTemplateTest {
  private static final List<Message> TURNS =
      List.of(
          new Message("system", "Be kind."),
          Message.user(" Hi! "),
          Message.assistant("Hello <b>."),
          Message.user("Bye\n"));

  @TempDir Path folder;

  private static String render(String jinja) {
    return ChatTemplate.of(jinja, Map.of("bos_token", "<s>", "eos_token", "</s>"))
        .render(TURNS, true);
  }

  @Test
  void chatMlFramesEachTurn() {
    assertThat(ChatTemplate.chatMl().render(TURNS, true))
        .isEqualTo(
            """
            <|im_start|>system
            Be kind.<|im_end|>
            <|im_start|>user
             Hi! <|im_end|>
            <|im_start|>assistant
            Hello <b>.<|im_end|>
            <|im_start|>user
            Bye
            <|im_end|>
            <|im_start|>assistant
            """);
    assertThat(ChatTemplate.chatMl().render(TURNS.subList(1, 2), false))
        .isEqualTo("<|im_start|>user\n Hi! <|im_end|>\n");
  }

  @Test
  void blocksTakeTheirIndentAndTheirLineEndWithThem() {
    assertThat(
            render(
                """
                {%- if messages[0]['role'] == 'system' %}
                    {%- set system = messages[0]['content'] | trim %}
                    {%- set messages = messages[1:] %}
                {%- else %}
                    {%- set system = "" %}
                {%- endif %}
                {{- bos_token }}
                {#- a note #}
                {{- '<|system|>\\n' + system }}
                {%- for message in messages %}
                    {{- '<|' + message['role'] + '|>\\n' + message['content'] | trim }}
                {%- endfor %}
                {%- if add_generation_prompt %}
                    {{- '<|assistant|>\\n' }}
                {%- endif %}
                """))
        .isEqualTo(
            "<s><|system|>\nBe kind.<|user|>\nHi!<|assistant|>\nHello <b>.<|user|>\nBye"
                + "<|assistant|>\n");
    assertThat(
            render(
                """
                {% for message in messages %}
                    {% if message['role'] == 'user' %}
                {{ '<|user|>\\n' + message['content'] + eos_token }}
                    {% elif loop.first %}
                {{ '<|system|>\\n' + message['content'] + eos_token }}
                    {% endif %}
                    {% if loop.last and add_generation_prompt %}
                {{ '<|assistant|>' }}
                    {% endif %}
                {% endfor %}
                """))
        .isEqualTo(
            "<|system|>\nBe kind.</s>\n<|user|>\n Hi! </s>\n<|user|>\nBye\n</s>\n<|assistant|>\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = "=>",
      value = {
        "{{ messages[1].content.strip() }}=>Hi!",
        "{{ messages[2]['content'].split('<b>')[-1] }}=>.",
        "{{ messages[2]['content'].split(' ')[0] }}=>Hello",
        "{{ messages[0].content.startswith('Be') and not messages[0].content.endswith('Be') }}=>true",
        "{{ messages[0].content | upper }}=>BE KIND.",
        "{{ messages[0].content.replace('kind', 'fair') }}=>Be fair.",
        "{{ messages | length }}=>4",
        "{{ messages[-1].role }}=>user",
        "{{ messages[1:] | length }}=>3",
        "{{ messages[0].get('name', 'nobody') }}=>nobody",
        "{% if tools is defined and tools %}x{% else %}y{% endif %}=>y",
        "{% if tools is none and messages[0].content is string %}x{% endif %}=>x",
        "{% set ns = namespace(n=0) %}{% for m in messages %}{% if m.role == 'user' %}"
            + "{% set ns.n = ns.n + 1 %}{% endif %}{% endfor %}{{ ns.n }}=>2",
        "{% for m in messages %}{{ loop.index0 }}{{ loop.index }}{% endfor %}=>01122334",
        "{% for m in messages if m.role != 'system' %}{{ m.role[0] }}{{ loop.index }}"
            + "{% endfor %}=>u1a2u3",
        "{% for m in messages[::-1] %}{{ m.role[-2] }}{% endfor %}=>enee",
        "{% for k, v in messages[0].items() %}{{ k }}={{ v }} {% endfor %}"
            + "=>'role=system content=Be kind. '",
        "{{ 'a %} b }} {# c #}' }}{# '%} #}=>a %} b }} {# c #}",
        "{% generation %}x{% endgeneration %}=>x",
        "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}=>2",
        "{{ messages | map(attribute='role') | join(',') }}=>system,user,assistant,user",
        "{% for i in range(5) %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% endfor %}=>01",
        "{% macro f(x) %}[{{ x }}]{% endmacro %}{{ f(messages[0].role) }}=>[system]",
        "{{ 'a' ~ 'b' if add_generation_prompt else 'c' }}=>ab",
        "{{ messages[0] | tojson }}=>{\"role\": \"system\", \"content\": \"Be kind.\"}",
        "{{ '<|im_start|>' + messages[0].role + '\\n' }}=>'<|im_start|>system\n'",
        "{{ (messages[1].role == 'user') != (1 % 2 == 0) }}=>true",
      })
  void whatTemplatesUseWorks(String jinja, String expected) {
    assertThat(render(jinja)).isEqualTo(expected);
  }

  @Test
  void wordsAreNeverRunAsATemplate() {
    String words = "{{ 7 * 6 }}{% for i in range(9) %}x{% endfor %}{# gone #} <b>&amp;</b>";
    assertThat(
            ChatTemplate.of("{{ messages[0].content }}", Map.of())
                .render(List.of(Message.user(words)), false))
        .isEqualTo(words);
  }

  @Test
  void wordsArePassedOnAsTheyAre() {
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 200; i++) {
      String words =
          BytePairTrainerTest.randomText(random, random.nextInt(20)) + "\\n\\'\"\\u0041\u0001";
      List<Message> messages = List.of(Message.user(words));
      assertThat(
              ChatTemplate.of("{% for m in messages %}{{ m.content }}{% endfor %}", Map.of())
                  .render(messages, true))
          .isEqualTo(words);
      assertThat(ChatTemplate.chatMl().render(messages, false))
          .isEqualTo("<|im_start|>user\n" + words + "<|im_end|>\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% include 'logback-test.xml' %}",
        "{% import 'logback-test.xml' as x %}",
        "{% extends 'logback-test.xml' %}",
        "{{ messages.getClass().forName('java.lang.System') }}",
        "{{ ''.getClass() }}",
      })
  void templatesReachNothingOutside(String jinja) {
    String output;
    try {
      output = render(jinja);
    } catch (InputException refused) {
      output = "";
    }
    assertThat(output).isBlank();
  }

  @Test
  void aRefusalByTheTemplateSaysWhy() {
    assertThatThrownBy(() -> render("{{ raise_exception('roles must alternate') }}"))
        .isInstanceOf(InputException.class)
        .hasMessage("chat template: refuses these messages: roles must alternate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ messages | no_such_filter }}",
        "{% if messages is no_such_test %}x{% endif %}",
        "{{ no_such_function() }}",
        "{{ messages[0].content.no_such_method() }}",
        "{% no_such_tag %}",
        "{{ messages",
        "{{ 'a }}",
        "{% for m in messages %}",
        "{{ 1 + }}"
      })
  void whatDoesNotWorkIsAnErrorRatherThanNothing(String jinja) {
    assertThatThrownBy(() -> render(jinja))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("chat template: line 1: ");
  }

  @Test
  void aBrokenTemplateIsAnErrorWithItsLine() {
    assertThatThrownBy(() -> render("a\n{% if messages %}b"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 2");
  }

  @Test
  void aFolderGivesItsTemplateWithItsTokens() throws IOException {
    assertThat(ChatTemplate.load(folder).source()).isEqualTo(ChatTemplate.chatMl().source());
    Path config = folder.resolve("tokenizer_config.json");
    Files.writeString(
        config,
        "{\"bos_token\": {\"content\": \"<s>\"}, \"chat_template\": [{\"name\": \"tool_use\","
            + " \"template\": \"x\"}, {\"name\": \"default\", \"template\": \"{{ bos_token }}!\"}]}");
    assertThat(ChatTemplate.load(folder).render(TURNS, false)).isEqualTo("<s>!");
    Files.writeString(config, "{\"bos_token\": \"<s>\", \"chat_template\": \"{{ bos_token }}?\"}");
    assertThat(ChatTemplate.load(folder).render(TURNS, false)).isEqualTo("<s>?");
    Files.writeString(folder.resolve("chat_template.jinja"), "{{ bos_token }}.\n");
    assertThat(ChatTemplate.load(folder).render(TURNS, false)).isEqualTo("<s>.");
  }
}
