package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import plumbline.data.Prompt;
import plumbline.model.GenerationEngine;
import plumbline.score.RewardModelScorer;
import plumbline.web.serve.ServedModels.Served;
import plumbline.web.serve.Serving.Head;

/** Reward models: OpenRLHF's {@code /get_reward}, vLLM's {@code /score} and {@code /classify}. */
final class RewardEndpoints {
  private static final Logger LOG = LoggerFactory.getLogger(RewardEndpoints.class);
  private static final int ROWS_AT_A_TIME = 8;
  private static final long LOOK_MILLIS = 200;

  private final Serving serving;

  RewardEndpoints(Serving serving) {
    this.serving = serving;
  }

  // ---- OpenRLHF

  /** {@code {"query": [text]}}: prompt and response with the template, as they were sampled. */
  void getReward(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().reward(call);
    int output = output(call, model);
    List<String> queries = call.texts("query");
    call.ignore("prompts", "labels");
    call.end();
    int[][] rows = new int[queries.size()][];
    boolean[] cut = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      String query = queries.get(i);
      int[] ids = Serving.encoded("query", () -> model.text().tokenizer().encode(query));
      int limit = limit(model);
      cut[i] = ids.length > limit;
      rows[i] = cut[i] ? Arrays.copyOf(ids, limit) : ids;
    }
    double[][] scores = scores(context, model, "query", rows);
    ObjectNode document = Call.JSON.createObjectNode();
    ArrayNode rewards = document.putArray("rewards");
    ArrayNode same = document.putArray("scores");
    ArrayNode truncated = document.putObject("extra_logs").putArray("truncated");
    for (int i = 0; i < rows.length; i++) {
      rewards.add(scores[i][output]);
      same.add(scores[i][output]);
      truncated.add(cut[i] ? 1 : 0);
    }
    Serving.answer(context, document);
  }

  // ---- vLLM

  /** {@code text_1}: one prompt, or as many as {@code text_2} has responses. */
  void score(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().reward(call);
    int output = output(call, model);
    boolean raw = !activated(call);
    List<String> first = present(call, "text_1");
    List<String> second = present(call, "text_2");
    call.ignore("user");
    call.end();
    if (first.size() != 1 && first.size() != second.size()) {
      throw ApiError.parameter(
          "text_1",
          "'text_1' has %d texts and 'text_2' %d, wanted one or as many."
              .formatted(first.size(), second.size()));
    }
    int[][] rows = new int[second.size()][];
    for (int i = 0; i < rows.length; i++) {
      String prompt = first.get(first.size() == 1 ? 0 : i);
      String response = second.get(i);
      rows[i] = Serving.encoded("text_2", () -> pair(model, prompt, response));
      checkLength("text_2", rows[i], model);
    }
    double[][] scores = scores(context, model, "text_2", rows);
    ObjectNode document = Head.of("score", "list", model).document();
    ArrayNode data = document.putArray("data");
    for (int i = 0; i < rows.length; i++) {
      double score = scores[i][output];
      ObjectNode row = data.addObject().put("index", i).put("object", "score");
      row.put("score", raw ? score : sigmoid(score));
    }
    Serving.answer(context, document.set("usage", usage(rows)));
  }

  private static int[] pair(Served model, String prompt, String response) {
    if (model.transformer().config().family().causal()) {
      return model.text().conversation(Prompt.of(prompt), response);
    }
    if (model.transformer().config().tokenTypes() > 1) {
      throw ApiError.parameter(
          "model",
          "'"
              + model.id()
              + "' tells two texts apart by token types, which are not computed here.");
    }
    return model.text().tokenizer().pairEncoding(prompt, response).ids();
  }

  /** {@code input}: texts or tokens as they are; {@code messages}: a conversation. */
  void classify(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().reward(call);
    boolean raw = !activated(call);
    int[][] rows = inputs(call, model);
    call.ignore("user");
    call.end();
    double[][] scores = scores(context, model, "input", rows);
    ObjectNode document = Head.of("classify", "list", model).document();
    ArrayNode data = document.putArray("data");
    for (int i = 0; i < rows.length; i++) {
      double[] shown = raw ? scores[i] : probabilities(scores[i], model.independent());
      ObjectNode row = data.addObject().put("index", i);
      row.put("label", model.outputs().get(largest(shown)));
      ArrayNode probs = row.putArray("probs");
      Arrays.stream(shown).forEach(probs::add);
      row.put("num_classes", shown.length);
    }
    Serving.answer(context, document.set("usage", usage(rows)));
  }

  private int[][] inputs(Call call, Served model) {
    if (call.value("messages").isPresent()) {
      return new int[][] {conversation(call, model)};
    }
    JsonNode input =
        call.value("input")
            .orElseThrow(() -> ApiError.parameter("input", "'input' or 'messages' is missing."));
    List<int[]> rows = new ArrayList<>();
    if (input.isArray() && !input.isEmpty() && input.get(0).isIntegralNumber()) {
      rows.add(TokenEndpoints.ids("input", input, model));
    } else if (input.isArray() && !input.isEmpty() && input.get(0).isArray()) {
      input.forEach(row -> rows.add(TokenEndpoints.ids("input", row, model)));
    } else {
      for (String text : Call.texts("input", input)) {
        boolean causal = model.transformer().config().family().causal();
        rows.add(
            Serving.encoded(
                "input",
                () ->
                    causal
                        ? model.text().continuation(text)
                        : model.text().tokenizer().encode(text, true)));
      }
    }
    rows.forEach(row -> checkLength("input", row, model));
    return rows.toArray(int[][]::new);
  }

  /** A conversation that ends with the answer to be judged. */
  private int[] conversation(Call call, Served model) {
    Prompt all = Messages.of(call);
    int last = all.messages().size() - 1;
    if (last == 0 || !all.messages().get(last).role().equals("assistant")) {
      throw ApiError.parameter(
          "messages", "'messages' is a conversation that ends with the assistant's answer.");
    }
    Prompt prompt = new Prompt(all.messages().subList(0, last), all.meta());
    int[] row =
        Serving.encoded("messages", () -> model.text().conversation(prompt, all.question()));
    checkLength("messages", row, model);
    return row;
  }

  // ---- what they share

  private static List<String> present(Call call, String name) {
    List<String> texts = call.texts(name);
    if (texts.isEmpty()) {
      throw ApiError.parameter(name, "'" + name + "' is missing.");
    }
    return texts;
  }

  /** The names that vLLM has had for it. */
  private static boolean activated(Call call) {
    boolean older = call.flag("activation", true) && call.flag("softmax", true);
    return call.flag("use_activation", older);
  }

  /** Which output of a model with several. */
  private static int output(Call call, Served model) {
    List<String> outputs = model.outputs();
    String name = call.text("output").orElse(outputs.size() == 1 ? outputs.get(0) : "");
    if (!outputs.contains(name)) {
      throw Call.wrong("output", "'" + name + "'", "one of " + String.join(", ", outputs));
    }
    return outputs.indexOf(name);
  }

  private int limit(Served model) {
    return Math.min(serving.config().longest(), model.context());
  }

  private void checkLength(String name, int[] row, Served model) {
    if (row.length == 0 || row.length > limit(model)) {
      throw ApiError.coded(
          "context_length_exceeded",
          name,
          "A text of '%s' has %d tokens, wanted 1 to %d."
              .formatted(name, row.length, limit(model)));
    }
  }

  /** All outputs for rows, a few rows between two steps of what is generated. */
  private double[][] scores(Context context, Served model, String name, int[][] rows) {
    if (rows.length == 0 || Arrays.stream(rows).anyMatch(row -> row.length == 0)) {
      throw ApiError.parameter(name, "'" + name + "' is missing or empty.");
    }
    List<Supplier<double[][]>> parts = new ArrayList<>();
    for (int from = 0; from < rows.length; from += ROWS_AT_A_TIME) {
      int[][] part = Arrays.copyOfRange(rows, from, Math.min(rows.length, from + ROWS_AT_A_TIME));
      parts.add(() -> RewardModelScorer.outputs(model.transformer(), part, ROWS_AT_A_TIME));
    }
    Peer peer = new Peer(context);
    CompletableFuture<List<double[][]>> result;
    try {
      result = serving.engine().compute(parts);
    } catch (GenerationEngine.FullException e) {
      throw serving.metrics().busy(e);
    } catch (GenerationEngine.ClosedException e) {
      throw ApiError.stopping();
    }
    serving.metrics().prompted(Arrays.stream(rows).mapToLong(row -> row.length).sum());
    return await(result, peer).stream().flatMap(Arrays::stream).toArray(double[][]::new);
  }

  private static List<double[][]> await(CompletableFuture<List<double[][]>> result, Peer peer) {
    while (true) {
      try {
        return result.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (peer.isGone()) {
          result.cancel(false);
          throw new ClientGone();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw ApiError.stopping();
      } catch (ExecutionException e) {
        LOG.error("scoring failed", e.getCause());
        throw ApiError.failed();
      } catch (java.util.concurrent.CancellationException e) {
        throw ApiError.stopping();
      }
    }
  }

  private static ObjectNode usage(int[][] rows) {
    return new Usage(Arrays.stream(rows).mapToLong(row -> row.length).sum(), 0).toJson();
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** Of one output, or of several that are no classes, the sigmoid of each; else the softmax. */
  private static double[] probabilities(double[] scores, boolean independent) {
    if (scores.length == 1 || independent) {
      return Arrays.stream(scores).map(RewardEndpoints::sigmoid).toArray();
    }
    double most = Arrays.stream(scores).max().orElse(0);
    double[] powers = Arrays.stream(scores).map(score -> Math.exp(score - most)).toArray();
    double total = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / total).toArray();
  }

  private static int largest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
