package plumbline.web.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.List;
import java.util.stream.IntStream;
import plumbline.data.Prompt;
import plumbline.text.Tokenizer;
import plumbline.web.serve.ServedModels.Served;

/** {@code POST /tokenize} and {@code /detokenize}, in vLLM's form. */
final class TokenEndpoints {
  private final Serving serving;

  TokenEndpoints(Serving serving) {
    this.serving = serving;
  }

  void tokenize(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().any(call);
    boolean chat = call.value("messages").isPresent();
    int[] ids = chat ? chatIds(call, model) : textIds(call, model);
    boolean written = call.flag("return_token_strs", false);
    call.end();
    ObjectNode document = Call.JSON.createObjectNode().put("count", ids.length);
    document.put("max_model_len", Math.min(serving.config().longest(), model.context()));
    ArrayNode tokens = document.putArray("tokens");
    IntStream.of(ids).forEach(tokens::add);
    if (written) {
      ArrayNode texts = document.putArray("token_strs");
      IntStream.of(ids).forEach(id -> texts.add(model.text().tokenizer().token(id)));
    }
    Serving.answer(context, document);
  }

  private static int[] chatIds(Call call, Served model) {
    Prompt prompt = Messages.of(call);
    call.neutral("add_generation_prompt", "true");
    call.neutral("add_special_tokens", "false");
    return Serving.encoded("messages", () -> model.text().prompt(prompt));
  }

  private static int[] textIds(Call call, Served model) {
    String text =
        call.text("prompt")
            .orElseThrow(() -> ApiError.parameter("prompt", "'prompt' or 'messages' is missing."));
    boolean special = call.flag("add_special_tokens", true);
    return Serving.encoded(
        "prompt",
        () -> special ? model.text().continuation(text) : model.text().tokenizer().encode(text));
  }

  void detokenize(Context context) {
    Call call = serving.call(context);
    Served model = serving.models().any(call);
    JsonNode tokens =
        call.value("tokens")
            .orElseThrow(() -> ApiError.parameter("tokens", "'tokens' is missing."));
    int[] ids = ids("tokens", tokens, model);
    call.end();
    String text = model.text().tokenizer().decode(ids, false);
    Serving.answer(context, Call.JSON.createObjectNode().put("prompt", text));
  }

  /** Token ids of a model's vocabulary. */
  static int[] ids(String name, JsonNode node, Served model) {
    Tokenizer tokenizer = model.text().tokenizer();
    String wanted = "a list of token ids from 0 to " + (tokenizer.vocabularySize() - 1);
    if (!node.isArray()) {
      throw Call.wrong(name, node.toString(), wanted);
    }
    int[] ids = new int[node.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = node.get(i);
      if (!id.isInt() || id.intValue() < 0 || id.intValue() >= tokenizer.vocabularySize()) {
        throw Call.wrong(name, id.toString(), wanted);
      }
      ids[i] = id.intValue();
    }
    return ids;
  }

  /** {@code GET /v1/models} and {@code /v1/models/{model}}. */
  void models(Context context) {
    ObjectNode document = Call.JSON.createObjectNode().put("object", "list");
    ArrayNode data = document.putArray("data");
    serving.models().all().forEach(model -> data.add(model(model)));
    Serving.answer(context, document);
  }

  void model(Context context) {
    String id = context.pathParam("model");
    Served found =
        serving.models().all().stream()
            .filter(model -> model.id().equals(id))
            .findFirst()
            .orElseThrow(() -> ApiError.noModel("There is no model of that name here."));
    Serving.answer(context, model(found));
  }

  private ObjectNode model(Served model) {
    ObjectNode json = Call.JSON.createObjectNode().put("id", model.id()).put("object", "model");
    json.put("created", serving.started()).put("owned_by", "plumbline");
    json.put("root", model.id());
    model.parent().ifPresentOrElse(p -> json.put("parent", p), () -> json.putNull("parent"));
    json.put("max_model_len", Math.min(serving.config().longest(), model.context()));
    List<String> outputs = model.outputs();
    if (!outputs.isEmpty()) {
      ArrayNode names = json.putArray("outputs");
      outputs.forEach(names::add);
    }
    return json;
  }
}
