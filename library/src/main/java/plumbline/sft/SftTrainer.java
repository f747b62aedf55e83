package plumbline.sft;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import plumbline.InputException;
import plumbline.data.Demonstration;
import plumbline.model.MicroBatches;
import plumbline.model.TokenizedRow;
import plumbline.model.Transformer;
import plumbline.text.DialogueEncoder;
import plumbline.train.Checkpoints;
import plumbline.train.EpochOrder;
import plumbline.train.LengthConfig;
import plumbline.train.Logprobs;
import plumbline.train.Progress;
import plumbline.train.ResponseBatch;
import plumbline.train.Rollout;
import plumbline.train.RunDirectory;
import plumbline.train.UpdateGuard;
import plumbline.train.Updater;

/** Supervised fine-tuning: raises the log-probability of the demonstrations' responses. */
public final class SftTrainer {
  private final Transformer policy;
  private final SftConfig config;
  private final List<TokenizedRow> train;
  private final List<TokenizedRow> test;

  /**
   * What came of it.
   *
   * @param steps updates made
   * @param demonstrations training demonstrations within the limits
   * @param trainLoss loss of the last update, nats per token
   * @param testLoss loss on the test demonstrations at the end, NaN without any
   * @param trainedEos training demonstrations whose last trained token ends the turn
   * @param testEos test demonstrations measured whose last token ends the turn
   */
  public record Result(
      long steps,
      int demonstrations,
      double trainLoss,
      double testLoss,
      int trainedEos,
      int testEos) {}

  SftTrainer(
      Transformer policy, SftConfig config, List<TokenizedRow> train, List<TokenizedRow> test) {
    this.policy = policy;
    this.config = config;
    this.train = train;
    this.test = test;
    policy.checkpointActivations(config.activationCheckpointing());
  }

  /**
   * Trains every weight that is {@code policy}'s own, in place: all, or those of its adapter.
   *
   * @param test demonstrations that are measured but not trained on; may be empty
   * @throws InputException if no demonstration fits the limits, or one is too long and that is an
   *     error
   */
  public static Result train(
      Transformer policy,
      DialogueEncoder text,
      List<Demonstration> train,
      List<Demonstration> test,
      SftConfig config,
      long seed,
      RunDirectory run,
      Progress progress) {
    run.reads(ids -> text.tokenizer().decode(ids, false));
    List<TokenizedRow> rows = tokenized(text, train, config, run, "training");
    if (rows.isEmpty()) {
      throw new InputException(
          config.data()
              + ": no demonstration to train on; is the data set empty, or is every row longer than"
              + " lengths.max_prompt_tokens and lengths.max_response_tokens?");
    }
    List<TokenizedRow> held = tokenized(text, test, config, run, "test");
    held = held.subList(0, Math.min(config.evalRows(), held.size()));
    int trainedEos = ended(rows, text);
    if (trainedEos == 0) {
      run.warn(
          "none of the %d training demonstrations has its end token %s, so the model does not learn to stop:"
                  .formatted(rows.size(), text.tokenizer().token(text.endOfTurnId()))
              + " all are cut; raise lengths.max_response_tokens");
    }
    int testEos = ended(held, text);
    return new SftTrainer(policy, config, rows, held).run(seed, run, progress, trainedEos, testEos);
  }

  /** Rows that train the end of the turn: the last token of a response that is not cut. */
  private static int ended(List<TokenizedRow> rows, DialogueEncoder text) {
    return (int)
        rows.stream()
            .map(TokenizedRow::response)
            .filter(ids -> ids.length > 0 && ids[ids.length - 1] == text.endOfTurnId())
            .count();
  }

  private static List<TokenizedRow> tokenized(
      DialogueEncoder text,
      List<Demonstration> demonstrations,
      SftConfig config,
      RunDirectory run,
      String what) {
    List<TokenizedRow> rows = new ArrayList<>();
    int cut = 0;
    for (Demonstration row : demonstrations) {
      text.conversation(row.prompt(), row.response(), config.lengths().limits())
          .ifPresent(ids -> rows.add(new TokenizedRow(ids.prompt(), ids.response())));
      cut += config.lengths().cuts(text, row.prompt(), row.response()) ? 1 : 0;
    }
    int all = demonstrations.size();
    LengthConfig.report(run, what + " demonstrations", all, all - rows.size(), cut);
    return rows;
  }

  private Result run(long seed, RunDirectory run, Progress progress, int trainedEos, int testEos) {
    long steps =
        EpochOrder.updates(
            train.size(), config.epochs(), config.rowsPerUpdate(), config.maxSteps());
    EpochOrder order = new EpochOrder(train.size(), seed);
    double trainLoss = Double.NaN;
    double testLoss = Double.NaN;
    policy.weights().setTrainable(name -> true);
    try (Updater updater = new Updater(policy.weights().trainable(), config.optimizer(), steps);
        Progress.Task task = progress.start("sft", steps)) {
      Checkpoints checkpoints =
          new Checkpoints(run, config.checkpoints(), steps)
              .weights("policy", policy.weights().trainable())
              .updater("optimizer", updater)
              .order("order", order);
      UpdateGuard guard = new UpdateGuard(policy, config.optimizer(), run).keepIn(checkpoints);
      updater.guardedBy(guard);
      long done = checkpoints.resume();
      task.skip(done);
      for (long step = done + 1; step <= steps; step++) {
        long start = System.nanoTime();
        List<TokenizedRow> batch =
            IntStream.of(order.next(config.rowsPerUpdate())).mapToObj(train::get).toList();
        guard.begin(step, batch.stream().map(TokenizedRow::tokens).toList());
        trainLoss = accumulate(batch, Rollout.seed(seed, step, 0));
        Updater.Step update = updater.step();
        Map<String, Double> metrics = new LinkedHashMap<>();
        metrics.put("loss/train", trainLoss);
        if (step % config.evalEvery() == 0 || step == steps) {
          testLoss = loss(test);
          metrics.put("loss/test", testLoss);
        }
        metrics.put("lr", update.lr());
        metrics.put("grad_norm", update.gradNorm());
        int tokens = batch.stream().mapToInt(row -> row.tokens().length).sum();
        metrics.put("tokens_per_s", tokens / ((System.nanoTime() - start) / 1e9));
        run.metrics(step, metrics);
        checkpoints.after(step);
        task.step("loss %.3f".formatted(trainLoss));
      }
    }
    policy.weights().setTrainable(name -> false);
    return new Result(steps, train.size(), trainLoss, testLoss, trainedEos, testEos);
  }

  /** Adds the gradients of one update's loss; returns the loss. The seed is that of dropout. */
  double accumulate(List<TokenizedRow> batch, long seed) {
    long tokens = batch.stream().mapToLong(row -> row.response().length).sum();
    return sum(
        MicroBatches.accumulate(
            List.of(policy),
            TokenizedRow.microBatches(batch, config.rowsPerMicroBatch(), policy),
            rows ->
                policy.training(
                    Rollout.seed(seed, 0, rows.get(0)),
                    () -> {
                      Tensor loss = loss(rows.stream().map(batch::get).toList(), tokens);
                      loss.backward();
                      return new double[] {loss.item_double()};
                    })));
  }

  private static double sum(List<double[]> parts) {
    return parts.stream().mapToDouble(part -> part[0]).reduce(0, Double::sum);
  }

  /** Mean loss over the response tokens of rows; no gradients. */
  private double loss(List<TokenizedRow> rows) {
    long tokens = rows.stream().mapToLong(row -> row.response().length).sum();
    if (tokens == 0) {
      return Double.NaN;
    }
    return sum(
        MicroBatches.measure(
            TokenizedRow.microBatches(rows, config.rowsPerMicroBatch()),
            batch ->
                new double[] {loss(batch.stream().map(rows::get).toList(), tokens).item_double()}));
  }

  private Tensor loss(List<TokenizedRow> rows, long tokens) {
    ResponseBatch batch = ResponseBatch.of(rows);
    Tensor logprobs = Logprobs.ofStates(policy, batch.states(policy), batch.ids(), 1);
    return SftLoss.of(logprobs, batch.mask(), tokens);
  }
}
