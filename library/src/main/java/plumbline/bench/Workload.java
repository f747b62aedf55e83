package plumbline.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import plumbline.InputException;

/** What is measured; each uses the code that users run. */
@SuppressWarnings("ImmutableEnumChecker") // records of numbers, and functions without state
public enum Workload {
  /** Prompts of 64 tokens, 8 side by side, 64 new tokens each, of GPT-2 small. */
  GENERATE_GPT2("tokens/s", new Load(Shape.GPT2, 8, 64, 64), Generation::run),
  /** Prompts of 64 tokens, 16 side by side, 128 new tokens each, of a small Llama. */
  GENERATE_LLAMA("tokens/s", new Load(Shape.LLAMA, 16, 64, 128), Generation::run),
  /** An update of PPO on 16 responses of 64 tokens, adapters of rank 16 trained. */
  PPO_STEP_LORA("samples/s", new Load(Shape.LLAMA, 16, 64, 64), PolicyUpdate::lora),
  /** The same, all weights trained. */
  PPO_STEP_FULL("samples/s", new Load(Shape.LLAMA, 16, 64, 64), PolicyUpdate::full),
  /** A reward model's update on 8 pairs, 256 tokens a row. */
  RM_TRAIN_LLAMA("pairs/s", new Load(Shape.LLAMA, 8, 64, 192), Training::reward),
  /** The same of an encoder. */
  RM_TRAIN_DISTILROBERTA("pairs/s", new Load(Shape.DISTILROBERTA, 8, 64, 192), Training::reward),
  /** An update of DPO on 8 pairs, prompts of 64 and responses of 192 tokens, reference included. */
  DPO_TRAIN_LLAMA_FULL("pairs/s", new Load(Shape.LLAMA, 8, 64, 192), Training::dpoFull),
  /** The same, an adapter of rank 16 trained. */
  DPO_TRAIN_LLAMA_LORA("pairs/s", new Load(Shape.LLAMA, 8, 64, 192), Training::dpoLora),
  /** Supervised fine-tuning on 8 rows of 256 tokens, all but the first of which are learnt. */
  SFT_TRAIN_LLAMA("tokens/s", new Load(Shape.LLAMA, 8, 1, 255), Training::sft),
  /** The same on 4 rows of 128 tokens, of GPT-2 small. */
  SFT_TRAIN_GPT2("tokens/s", new Load(Shape.GPT2, 4, 1, 127), Training::sft);

  private final String unit;
  private final Load load;
  private final BiFunction<Load, BenchSettings, Measured> body;

  Workload(String unit, Load load, BiFunction<Load, BenchSettings, Measured> body) {
    this.unit = unit;
    this.load = load;
    this.body = body;
  }

  /** What the command line calls it. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What is done in a second. */
  public String unit() {
    return unit;
  }

  /**
   * The workload that the command line calls so.
   *
   * @throws InputException if there is none
   */
  public static Workload of(String key) {
    List<String> known = Arrays.stream(values()).map(Workload::key).toList();
    int index = known.indexOf(key);
    if (index < 0) {
      throw new InputException(
          "no workload is called '" + key + "'; known: " + String.join(", ", known));
    }
    return values()[index];
  }

  Measured measure(BenchSettings settings) {
    return body.apply(load.sized(settings), settings);
  }
}
