package plumbline.data.clinic;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import plumbline.data.Prompt;
import plumbline.data.Split;

/** What a patient comes with: a site and what set it off. */
record Complaint(Site site, Trigger trigger) {
  static final String WORLD = "clinic";

  /** The complaints of one side of the split, which is fixed: no seed moves a complaint. */
  static List<Complaint> of(Split split) {
    List<Complaint> complaints = new ArrayList<>();
    for (Trigger trigger : Trigger.values()) {
      for (Site site : split == Split.TRAIN ? trigger.trainSites : trigger.testSites) {
        complaints.add(new Complaint(site, trigger));
      }
    }
    return List.copyOf(complaints);
  }

  /**
   * The complaint a prompt of this world is about, read from its {@code meta}.
   *
   * @throws IllegalArgumentException if a key is missing or names nothing of this world
   */
  static Complaint of(Prompt prompt) {
    String world = required(prompt.meta(), "world");
    if (!world.equals(WORLD)) {
      throw new IllegalArgumentException(
          "prompt meta 'world' is '"
              + world
              + "'; the clinic's gold quality needs '"
              + WORLD
              + "'");
    }
    return new Complaint(
        named(Site.values(), "site", required(prompt.meta(), "site")),
        named(Trigger.values(), "trigger", required(prompt.meta(), "trigger")));
  }

  String id() {
    return name(site) + "-" + name(trigger);
  }

  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String required(Map<String, String> meta, String key) {
    String value = meta.get(key);
    if (value == null) {
      throw new IllegalArgumentException(
          "prompt meta has no '"
              + key
              + "'; the clinic's gold quality needs 'world', 'site' and 'trigger'");
    }
    return value;
  }

  private static <E extends Enum<E>> E named(E[] constants, String key, String value) {
    for (E constant : constants) {
      if (name(constant).equals(value)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "prompt meta '" + key + "' is '" + value + "', unknown here");
  }
}
