package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import plumbline.annotation.MergedRanking;
import plumbline.data.AtomicFile;
import plumbline.data.Prompt;
import plumbline.data.RankedResponses;
import plumbline.data.Sha256;
import plumbline.data.clinic.Annotator;
import plumbline.data.clinic.Clinic;

/**
 * Groups of simulated people of the built-in world, who rank answers by their gold quality, with
 * noise. They see the answers of an item in one order, which says nothing of the models.
 *
 * @param people in each group
 * @param person how each of them judges
 * @param tie gold qualities no further apart than this are a tie
 */
record SimulatedGroups(int people, Annotator person, double tie, long seed) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What a group ranks.
   *
   * @param answers model to its answer, in any order
   */
  record Item(String id, Prompt prompt, Map<String, String> answers) {
    /** The models in the order in which people see their answers. */
    private List<String> slots() {
      return answers.keySet().stream().sorted((a, b) -> Long.compare(place(a), place(b))).toList();
    }

    private long place(String model) {
      return Sha256.prefix("slot\n" + id + "\n" + model);
    }
  }

  /** Writes a group's votes as {@code label merge} reads them; rows say that they are simulated. */
  void write(String group, List<Item> items, Path file) {
    StringBuilder rows = new StringBuilder();
    for (Item item : items) {
      ObjectNode row = JSON.createObjectNode().put("id", item.id()).put("simulated", true);
      row.put("prompt", item.prompt().transcript());
      List<String> slots = item.slots();
      ObjectNode models = row.putObject("model_of");
      ObjectNode responses = row.putObject("responses");
      for (int i = 0; i < slots.size(); i++) {
        models.put(slot(i), slots.get(i));
        responses.put(slot(i), item.answers().get(slots.get(i)));
      }
      for (int p = 1; p <= people; p++) {
        String name = group + "-person-" + p;
        ObjectNode vote = row.withArray("/votes").addObject().put("annotator", name);
        ObjectNode ranks = vote.putObject("ranks");
        int[] given = ranks(item, slots, name);
        for (int i = 0; i < given.length; i++) {
          ranks.put(slot(i), given[i]);
        }
      }
      rows.append(row).append('\n');
    }
    AtomicFile.writeText(file, rows.toString());
  }

  private static String slot(int i) {
    return "response-" + (i + 1);
  }

  /** A person's ranks of the slots, 1 for the best; what seems equal has one rank. */
  private int[] ranks(Item item, List<String> slots, String name) {
    double[] gold =
        slots.stream()
            .mapToDouble(model -> Clinic.quality(item.prompt(), item.answers().get(model)))
            .toArray();
    SplittableRandom random =
        new SplittableRandom(Sha256.prefix(seed + "\n" + name + "\n" + item.id()));
    List<Integer> order = person.rank(gold, random);
    int[] ranks = new int[gold.length];
    for (int place = 0; place < order.size(); place++) {
      boolean same =
          place > 0 && Math.abs(gold[order.get(place)] - gold[order.get(place - 1)]) <= tie;
      ranks[order.get(place)] = same ? ranks[order.get(place - 1)] : place + 1;
    }
    return ranks;
  }

  /** Items as rows of ranked answers; an item with two equal answers gives none. */
  static List<RankedResponses> rankings(List<Item> items, List<MergedRanking> merged) {
    List<RankedResponses> rows = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      Item item = items.get(i);
      if (new HashSet<>(item.answers().values()).size() == item.answers().size()) {
        List<String> answers = new ArrayList<>();
        Set<Integer> ties = new TreeSet<>();
        for (List<String> tier : merged.get(i).tiers()) {
          for (int j = 0; j < tier.size(); j++) {
            if (j > 0) {
              ties.add(answers.size());
            }
            answers.add(item.answers().get(tier.get(j)));
          }
        }
        Map<String, String> meta = new LinkedHashMap<>(item.prompt().meta());
        rows.add(new RankedResponses(item.prompt().withMeta(meta), answers, ties));
      }
    }
    return rows;
  }
}
