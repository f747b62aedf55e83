package plumbline.collect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import plumbline.data.PreferencePair;
import plumbline.data.clinic.Clinic;

/** How many labels of a training set are right, where the world is one whose truth is known. */
final class LabelCheck {
  private static final String WORLD = "world";
  private static final String CLINIC = "clinic";

  private long pairs;
  private long known;
  private long right;
  private long tied;

  void add(PreferencePair pair) {
    pairs++;
    if (CLINIC.equals(pair.meta().get(WORLD))) {
      double chosen = Clinic.quality(pair.prompt(), pair.chosen());
      double rejected = Clinic.quality(pair.prompt(), pair.rejected());
      known++;
      right += chosen > rejected ? 1 : 0;
      tied += chosen == rejected ? 1 : 0;
    }
  }

  long pairs() {
    return pairs;
  }

  boolean isKnown() {
    return known > 0;
  }

  /** Share of the known pairs whose chosen answer is the better one. */
  double rightShare() {
    return (double) right / known;
  }

  double tiedShare() {
    return (double) tied / known;
  }

  double wrongShare() {
    return (double) (known - right - tied) / known;
  }

  /** {@code {right, tied, wrong}}, shares. */
  void put(ObjectNode json) {
    json.put("right", rightShare()).put("tied", tiedShare()).put("wrong", wrongShare());
  }
}
