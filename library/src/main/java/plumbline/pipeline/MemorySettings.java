package plumbline.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import plumbline.model.Lora;
import plumbline.model.LoraTargets;
import plumbline.model.WeightFormat;
import plumbline.train.LoraConfig;
import plumbline.train.TrainingConfig;

/** What trades memory for time, or for what is trained. */
record MemorySettings(
    int rows, boolean checkpointed, Optional<Lora> lora, Optional<WeightFormat> weights) {
  /** What a fresh {@code lora} block trains. */
  private static final Optional<Lora> LORA = Optional.of(Lora.of(8, 16, LoraTargets.allLinear()));

  static final Optional<WeightFormat> INT8 = Optional.of(WeightFormat.INT8);

  static MemorySettings of(int rows, TrainingConfig training) {
    return new MemorySettings(
        rows,
        training.activationCheckpointing(),
        training.lora().map(LoraConfig::lora),
        training.weights());
  }

  MemorySettings with(int fewer, boolean recomputed) {
    return new MemorySettings(fewer, recomputed, lora, weights);
  }

  /** Fewer rows first, which costs nothing but speed; then checkpointing; then both. */
  List<MemorySettings> smaller() {
    List<MemorySettings> all = new ArrayList<>();
    for (int fewer = rows / 2; fewer >= Math.max(1, rows / 4); fewer /= 2) {
      all.add(with(fewer, checkpointed));
    }
    for (int fewer = rows; fewer >= 1; fewer /= 2) {
      all.add(with(fewer, true));
    }
    return all;
  }

  /** {@link #smaller}; then with an adapter, which trains something else; then on 8 bits. */
  List<MemorySettings> candidates() {
    List<MemorySettings> all = new ArrayList<>(smaller());
    MemorySettings adapter = new MemorySettings(rows, checkpointed, lora.or(() -> LORA), weights);
    if (lora.isEmpty()) {
      all.add(adapter);
      all.addAll(adapter.smaller());
    }
    if (!weights.map(WeightFormat::isQuantised).orElse(false)) {
      MemorySettings rounded = new MemorySettings(rows, checkpointed, adapter.lora, INT8);
      all.add(rounded);
      all.addAll(rounded.smaller());
    }
    return all;
  }

  /** The keys that lead here from other settings. */
  String words(String rowsKey, MemorySettings before) {
    List<String> changes = new ArrayList<>();
    if (rows != before.rows) {
      changes.add(rowsKey + ": " + rows);
    }
    if (checkpointed != before.checkpointed) {
      changes.add("activation_checkpointing: true");
    }
    if (!lora.equals(before.lora)) {
      changes.add("lora: {}");
    }
    if (!weights.equals(before.weights)) {
      changes.add("weights: int8");
    }
    return String.join(" and ", changes);
  }
}
