package plumbline.pipeline;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import plumbline.data.Demonstration;
import plumbline.data.PreferencePair;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.RatedResponse;

/** The rows of a source before they are split. */
record SourceRows(
    List<Demonstration> demonstrations,
    List<PreferencePair> pairs,
    List<RankedResponses> rankings,
    List<RatedResponse> ratings,
    List<Prompt> prompts) {

  /** The prompts of their own or, without any, those of the other rows. */
  List<Prompt> allPrompts() {
    if (!prompts.isEmpty()) {
      return prompts;
    }
    Set<List<?>> seen = new LinkedHashSet<>();
    List<Prompt> all = new ArrayList<>();
    demonstrations.forEach(row -> addOnce(row.prompt(), seen, all));
    pairs.forEach(row -> addOnce(row.prompt(), seen, all));
    rankings.forEach(row -> addOnce(row.prompt(), seen, all));
    ratings.forEach(row -> addOnce(row.prompt(), seen, all));
    return all;
  }

  private static void addOnce(Prompt prompt, Set<List<?>> seen, List<Prompt> all) {
    if (seen.add(prompt.messages())) {
      all.add(prompt);
    }
  }
}
