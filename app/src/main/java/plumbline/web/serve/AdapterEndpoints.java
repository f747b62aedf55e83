package plumbline.web.serve;

import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /v1/load_lora_adapter} and {@code /v1/unload_lora_adapter}, in vLLM's form. */
final class AdapterEndpoints {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterEndpoints.class);

  private final Serving serving;

  AdapterEndpoints(Serving serving) {
    this.serving = serving;
  }

  void load(Context context) {
    Path allowed = allowed();
    Call call = serving.call(context);
    String name = wanted(call, "lora_name");
    String path = wanted(call, "lora_path");
    call.neutral("load_inplace", "false");
    call.end();
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
      throw Call.wrong("lora_name", name, "1 to 128 letters, digits, '.', '-' and '_'");
    }
    serving.models().load(name, folder(allowed, path));
    LOG.info("loaded the adapter {}", name);
    context.contentType("text/plain").result("Loaded the adapter '" + name + "'.");
  }

  void unload(Context context) {
    allowed();
    Call call = serving.call(context);
    String name = wanted(call, "lora_name");
    call.ignore("lora_int_id");
    call.end();
    serving
        .models()
        .unload(name, model -> serving.engine().retire(model.transformer(), model.model()::close));
    LOG.info("unloaded the adapter {}", name);
    context.contentType("text/plain").result("Unloaded the adapter '" + name + "'.");
  }

  private Path allowed() {
    return serving
        .config()
        .adapters()
        .orElseThrow(
            () ->
                ApiError.request(
                    HttpStatus.FORBIDDEN,
                    "adapters_are_fixed",
                    "Requests may load no adapters here; start with --lora-folder DIR to let"
                        + " them."));
  }

  private static String wanted(Call call, String parameter) {
    return call.text(parameter)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> ApiError.parameter(parameter, "'" + parameter + "' is missing."));
  }

  /** The folder that is meant, if it is below the one that is allowed, links followed. */
  private static Path folder(Path allowed, String path) {
    try {
      Path root = allowed.toRealPath();
      Path found = root.resolve(path).toRealPath();
      if (found.startsWith(root) && !found.equals(root)) {
        return found;
      }
    } catch (IOException | InvalidPathException e) {
      // Outside or missing: whoever asks does not hear which.
    }
    throw Call.wrong("lora_path", path, "a folder below that of --lora-folder");
  }
}
