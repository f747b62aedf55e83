package plumbline.annotation.form;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import plumbline.config.Key;

/** One thing that people are asked about an item. */
public sealed interface Question {
  /** Names the question in answers and exports. */
  String id();

  /** What people read. */
  String text();

  /** Whether a vote without an answer is refused. */
  boolean required();

  /** How settings write the kind of question. */
  String type();

  /** How many responses an item must have at least. */
  int leastResponses();

  /** How many responses an item may have. */
  default int mostResponses() {
    return Ranking.MOST;
  }

  /** The question as settings hold it; {@link Questions#parse} reads it back equal. */
  default ObjectNode toJson() {
    return Questions.toJson(this);
  }

  /** Which of two responses is better. */
  record Pairwise(
      @Key(doc = "names the question") String id,
      @Key(def = "Which answer is better?", doc = "what people read") String text,
      @Key(def = "true", doc = "no vote without an answer") boolean required,
      @Key(def = "1", min = 1, max = 4, doc = "how many degrees of better there are") int strengths,
      @Key(def = "true", doc = "both may be as good") boolean tie,
      @Key(def = "false", doc = "both may be bad") boolean bothBad)
      implements Question {
    public Pairwise {
      Checked.head(id, text);
    }

    @Override
    public String type() {
      return "pairwise";
    }

    @Override
    public int leastResponses() {
      return 2;
    }

    @Override
    public int mostResponses() {
      return 2;
    }
  }

  /** The order of the responses. */
  record Ranking(
      @Key(doc = "names the question") String id,
      @Key(def = "Rank the answers, the best one first.", doc = "what people read") String text,
      @Key(def = "true", doc = "no vote without an answer") boolean required,
      @Key(def = "true", doc = "several answers may share a place") boolean ties,
      @Key(def = "false", doc = "answers may be left out, which puts them below all others")
          boolean partial)
      implements Question {
    /** More are not compared with care. */
    public static final int MOST = 8;

    public Ranking {
      Checked.head(id, text);
    }

    @Override
    public String type() {
      return "ranking";
    }

    @Override
    public int leastResponses() {
      return 2;
    }

    @Override
    public int mostResponses() {
      return MOST;
    }
  }

  /** Attributes on five steps, of every response or of the item as a whole. */
  record Likert(
      @Key(doc = "names the question") String id,
      @Key(def = "Rate the answers.", doc = "what people read") String text,
      @Key(def = "true", doc = "no vote without an answer") boolean required,
      @Key(
              def = "[quality]",
              doc =
                  "what is rated: quality, helpfulness, creativity, humour, toxicity, violence,"
                      + " politeness or any other name")
          List<String> attributes,
      @Key(def = "response", doc = "what is rated: each response, or the item") Of of)
      implements Question {
    /** Steps that people choose from; stored as {@code (step - 1) / (STEPS - 1)}. */
    public static final int STEPS = 5;

    /** What is rated. */
    public enum Of {
      RESPONSE,
      ITEM
    }

    public Likert {
      Checked.head(id, text);
      attributes = List.copyOf(attributes);
      Checked.attributes(attributes);
    }

    /** A step, 1 to {@value #STEPS}, as it is stored: 0 to 1. */
    public static double value(int step) {
      return (step - 1) / (STEPS - 1.0);
    }

    /** The step of a stored value. */
    public static int step(double value) {
      return (int) Math.round(value * (STEPS - 1)) + 1;
    }

    @Override
    public String type() {
      return "likert";
    }

    @Override
    public int leastResponses() {
      return of == Of.RESPONSE ? 1 : 0;
    }
  }

  /** A remark in free words. */
  record Comment(
      @Key(doc = "names the question") String id,
      @Key(def = "Anything to add?", doc = "what people read") String text,
      @Key(def = "false", doc = "no vote without an answer") boolean required)
      implements Question {
    public Comment {
      Checked.head(id, text);
    }

    @Override
    public String type() {
      return "comment";
    }

    @Override
    public int leastResponses() {
      return 0;
    }
  }

  /** A response made better: a demonstration. */
  record Edit(
      @Key(doc = "names the question") String id,
      @Key(def = "Correct the answer.", doc = "what people read") String text,
      @Key(def = "true", doc = "no vote without an answer") boolean required)
      implements Question {
    public Edit {
      Checked.head(id, text);
    }

    @Override
    public String type() {
      return "edit";
    }

    @Override
    public int leastResponses() {
      return 1;
    }
  }

  /** A new prompt, written by the person who is asked. */
  record Writing(
      @Key(doc = "names the question") String id,
      @Key(def = "Write a prompt.", doc = "what people read") String text,
      @Key(def = "true", doc = "no vote without an answer") boolean required)
      implements Question {
    public Writing {
      Checked.head(id, text);
    }

    @Override
    public String type() {
      return "prompt";
    }

    @Override
    public int leastResponses() {
      return 0;
    }
  }

  /** Checks that several questions share. */
  final class Checked {
    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9_-]{0,39}");
    private static final Pattern ATTRIBUTE =
        Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N} _-]{0,39}");
    private static final int LONGEST_TEXT = 2000;

    private Checked() {}

    static void head(String id, String text) {
      if (!ID.matcher(id).matches()) {
        throw new IllegalArgumentException(
            "id is '"
                + id
                + "', wanted up to 40 of a to z, 0 to 9, - and _, beginning with a letter");
      }
      if (text.isBlank() || text.length() > LONGEST_TEXT) {
        throw new IllegalArgumentException(
            "text has " + text.length() + " characters, wanted 1 to " + LONGEST_TEXT);
      }
    }

    static void attributes(List<String> attributes) {
      if (attributes.isEmpty() || new HashSet<>(attributes).size() < attributes.size()) {
        throw new IllegalArgumentException(
            "attributes are " + attributes + ", wanted at least one, each once");
      }
      for (String attribute : attributes) {
        if (!ATTRIBUTE.matcher(attribute).matches()) {
          throw new IllegalArgumentException(
              "attributes has '" + attribute + "', wanted up to 40 letters and digits");
        }
      }
    }
  }
}
