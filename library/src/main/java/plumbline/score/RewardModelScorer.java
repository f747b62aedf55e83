package plumbline.score;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import plumbline.InputException;
import plumbline.data.Completion;
import plumbline.model.Head;
import plumbline.model.MicroBatches;
import plumbline.model.SharedBases;
import plumbline.model.TextModel;
import plumbline.model.TokenBatch;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.model.WeightFormat;
import plumbline.text.DialogueEncoder;
import plumbline.text.TokenLimits;
import plumbline.text.TooLong;

/**
 * A reward model: the score at the end of the conversation, the response's end token included
 * whether or not the policy wrote it.
 */
public final class RewardModelScorer implements Scorer {
  /** How raw scores become the scale that training sees. */
  public enum Scale {
    /** As the model gives them. */
    RAW,
    /** Mean 0 and deviation 1 on the model's reference responses. */
    STANDARDISE,
    /**
     * In [0, 1]: of a preference the probability of winning against a reference response of mean
     * score; else the rating.
     */
    PROBABILITY,
    /** The log-odds of {@link #PROBABILITY}; a regression has none. */
    LOGITS,
    /** {@link #PROBABILITY} by the sigmoid fitted on held-out rows. */
    PLATT,
    /** {@link #PROBABILITY} by the rising function fitted on held-out rows. */
    ISOTONIC;

    /** How configurations write it. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int ROWS_PER_BATCH = 64;

  private final String name;
  private final TextModel model;
  private final int output;
  private final DoubleUnaryOperator scaled;
  private final int rowsPerBatch;
  private long truncated;

  /**
   * Reads a reward model's folder.
   *
   * @param name the leaf's name in metrics
   * @param output which of the model's outputs; without it the only one
   * @param bases where an adapter finds its base
   * @param format how its weights are kept; without it in the engine's precision
   * @throws InputException if the model lacks that output, or what the scale needs
   */
  public RewardModelScorer(
      String name,
      Path folder,
      Optional<String> output,
      Scale scale,
      int rowsPerBatch,
      Optional<WeightFormat> format,
      SharedBases bases) {
    this.name = name;
    this.rowsPerBatch = rowsPerBatch;
    Optional<ScoreScales> scales =
        scale == Scale.RAW ? ScoreScales.readIfAny(folder) : Optional.of(ScoreScales.read(folder));
    this.model = TextModel.load(folder, Head.SCORE, format, bases);
    try {
      List<String> names = names(scales, model.transformer());
      this.output = index(folder, names, output);
      String found = names.get(this.output);
      this.scaled =
          scale == Scale.RAW
              ? DoubleUnaryOperator.identity()
              : scales.orElseThrow().outputs().get(found).to(scale, ScoreScales.file(folder));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** As above for a model of one output. */
  public RewardModelScorer(
      String name,
      Path folder,
      Scale scale,
      int rowsPerBatch,
      Optional<WeightFormat> format,
      SharedBases bases) {
    this(name, folder, Optional.empty(), scale, rowsPerBatch, format, bases);
  }

  /**
   * Reads a reward model of one output: its scores as it gives them.
   *
   * @param folder a Hugging Face folder, or a run's folder
   */
  public static RewardModelScorer open(Path folder) {
    Path model = folder.resolve("model");
    try (SharedBases bases = new SharedBases()) {
      return new RewardModelScorer(
          "reward",
          Files.isDirectory(model) ? model : folder,
          Scale.RAW,
          ROWS_PER_BATCH,
          Optional.empty(),
          bases);
    }
  }

  /**
   * The names of a model's outputs: what its scales say, as an adapter's folder has no other names,
   * else what its configuration says.
   *
   * @throws InputException if the scales are of another number of outputs
   */
  public static List<String> names(Optional<ScoreScales> scales, Transformer model) {
    List<String> labels = model.config().labels();
    List<String> names = scales.map(found -> List.copyOf(found.outputs().keySet())).orElse(labels);
    if (names.size() != labels.size()) {
      throw new InputException(
          "score_statistics.json describes the outputs "
              + names
              + ", but the model has "
              + labels.size()
              + "; copy the file again from the model it belongs to, or remove it and use 'scale:"
              + " raw'");
    }
    return names;
  }

  private static int index(Path folder, List<String> names, Optional<String> output) {
    if (output.isEmpty() && names.size() > 1) {
      throw new InputException(
          folder + ": the model has the outputs " + names + "; say which one with 'output'");
    }
    int index = output.map(names::indexOf).orElse(0);
    if (index < 0) {
      throw new InputException(
          folder + ": the model has no output '" + output.get() + "', it has " + names);
    }
    return index;
  }

  /** As the constructor does, with weights of its own in the engine's precision. */
  public static RewardModelScorer of(String name, Path folder, Scale scale, int rowsPerBatch) {
    try (SharedBases bases = new SharedBases()) {
      return new RewardModelScorer(name, folder, scale, rowsPerBatch, Optional.empty(), bases);
    }
  }

  @Override
  public Scores score(List<Completion> completions) {
    double[] raw = raw(model.transformer(), output, rows(completions), rowsPerBatch);
    return new Scores(Arrays.stream(raw).map(scaled).toArray(), Map.of(name, raw));
  }

  private List<TokenizedRow> rows(List<Completion> completions) {
    int context = model.transformer().config().maxPositions();
    List<TokenizedRow> rows = new ArrayList<>();
    for (Completion completion : completions) {
      Fitted fitted = fitted(model.text(), completion, context);
      truncated += fitted.cut() ? 1 : 0;
      rows.add(fitted.row());
    }
    return rows;
  }

  /**
   * What a reward model reads of a completion: its prompt and its response with the end token.
   * Where they exceed the context, the response loses its end and the prompt its beginning; neither
   * is cut below half of the context.
   *
   * @param context the model's context in tokens
   */
  public static TokenizedRow row(DialogueEncoder text, Completion completion, int context) {
    return fitted(text, completion, context).row();
  }

  /**
   * A completion that fits a context.
   *
   * @param cut whether it has lost tokens for that
   */
  public record Fitted(TokenizedRow row, boolean cut) {}

  /** {@link #row} and whether it was cut. */
  public static Fitted fitted(DialogueEncoder text, Completion completion, int context) {
    int[] prompt = text.prompt(completion.prompt());
    int[] response = text.response(completion.response());
    if (prompt.length + response.length <= context) {
      return new Fitted(new TokenizedRow(prompt, response), false);
    }
    int least = Math.min(prompt.length, context / 2);
    response = Arrays.copyOf(response, Math.min(response.length, context - least));
    TokenLimits limits =
        new TokenLimits(context - response.length, response.length, TooLong.TRUNCATE);
    prompt = text.prompt(completion.prompt(), limits).orElseThrow();
    return new Fitted(new TokenizedRow(prompt, response), true);
  }

  @Override
  public long truncated() {
    return truncated;
  }

  /** The number of conversations cut, so that a run that goes on reports all of them. */
  @Override
  public JsonNode state() {
    return truncated == 0
        ? NullNode.getInstance()
        : ScorerState.object().put("truncated", truncated);
  }

  @Override
  public void restore(JsonNode state) {
    truncated = state.isNull() ? 0 : (long) ScorerState.number(state, "truncated");
  }

  /** Raw scores of rows by a model of one output, in their order; no gradients. */
  public static double[] raw(Transformer model, List<TokenizedRow> rows, int rowsPerBatch) {
    if (model.config().labels().size() != 1) {
      throw new IllegalStateException(
          "the score head has the outputs " + model.config().labels() + ", wanted one");
    }
    return raw(model, 0, rows, rowsPerBatch);
  }

  /** As above by one of several outputs. */
  public static double[] raw(
      Transformer model, int output, List<TokenizedRow> rows, int rowsPerBatch) {
    int[][] tokens = rows.stream().map(TokenizedRow::tokens).toArray(int[][]::new);
    return Arrays.stream(outputs(model, tokens, rowsPerBatch))
        .mapToDouble(row -> row[output])
        .toArray();
  }

  /**
   * All outputs of a score head for rows of tokens, in their order; no gradients.
   *
   * @param rows int[rows][T], each at least one token and no longer than the model's context
   * @return double[rows][outputs]
   */
  public static double[][] outputs(Transformer model, int[][] rows, int rowsPerBatch) {
    List<TokenizedRow> whole =
        Arrays.stream(rows).map(row -> new TokenizedRow(row, new int[0])).toList();
    return MicroBatches.perRow(
        TokenizedRow.microBatches(whole, rowsPerBatch),
        part ->
            model.labelScores(
                TokenBatch.of(part.stream().map(i -> rows[i]).toArray(int[][]::new))));
  }

  @Override
  public void close() {
    model.close();
  }
}
