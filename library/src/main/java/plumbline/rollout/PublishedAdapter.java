package plumbline.rollout;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import plumbline.InputException;
import plumbline.data.Sha256;
import plumbline.model.AdapterFolder;
import plumbline.model.Head;
import plumbline.model.Transformer;
import plumbline.score.Calls;
import plumbline.score.JsonServer;
import plumbline.score.ScoringException;

/**
 * The policy's adapter on a server, in vLLM's form: a folder that both see, {@code
 * /load_lora_adapter} and {@code /unload_lora_adapter}.
 *
 * <p>An adapter's name ends with the beginning of its weights' SHA-256, so that one name never
 * stands for two adapters: whatever the server remembers of a name is right, and a name that is
 * loaded already is the adapter that is meant.
 */
final class PublishedAdapter {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOADED = "already been loaded";
  private static final int HASH = 12;

  private final RolloutServerConfig config;
  private final Path folder;
  private final JsonServer server;
  private final Calls calls;
  private Optional<String> current = Optional.empty();

  PublishedAdapter(RolloutServerConfig config, Path folder, JsonServer server, Calls calls) {
    this.config = config;
    this.folder = folder;
    this.server = server;
    this.calls = calls;
  }

  /**
   * Writes a policy's adapter, has the server load it and unload the one before.
   *
   * @return what the server calls it
   * @throws InputException if it cannot be written, or the server will not have it
   * @throws ScoringException if the server cannot be reached
   */
  String replace(Transformer policy, long step) {
    if (current.isEmpty()) {
      // What a run that was killed has left here and there.
      left().forEach(this::forget);
    }
    String name = write(policy, step);
    if (current.filter(name::equals).isEmpty()) {
      post("/load_lora_adapter", name, config.servedFolder().orElse(folder.toAbsolutePath() + ""));
      Optional<String> before = current;
      current = Optional.of(name);
      before.ifPresent(this::forget);
    }
    return name;
  }

  private String write(Transformer policy, long step) {
    Path fresh = folder.resolve(config.adapter() + "-new");
    AdapterFolder.save(policy, EnumSet.of(Head.LANGUAGE), config.model(), fresh);
    String hash = Sha256.of(fresh.resolve("adapter_model.safetensors")).substring(0, HASH);
    String name = config.adapter() + "-" + step + "-" + hash;
    try {
      if (Files.isDirectory(folder.resolve(name))) {
        delete(fresh);
      } else {
        Files.move(fresh, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be written: " + e.getMessage(), e);
    }
    return name;
  }

  private void post(String path, String name, String served) {
    try {
      boolean done =
          calls
              .call(
                  () ->
                      server.post(
                          config.address(path),
                          JSON.createObjectNode()
                              .put("lora_name", name)
                              .put("lora_path", served.replaceFirst("/+$", "") + "/" + name)))
              .isPresent();
      if (!done) {
        throw new ScoringException(
            "rollout_server %s: the adapter %s was not taken (the last: %s; tries: %d); the run"
                    .formatted(config.endpoint(), name, calls.lastFailure(), config.tries())
                + " goes on with --resume");
      }
    } catch (InputException e) {
      if (e.getMessage().contains(LOADED)) {
        return;
      }
      throw new InputException(
          e.getMessage()
              + "; it must load adapters while it runs (vLLM: --enable-lora with"
              + " VLLM_ALLOW_RUNTIME_LORA_UPDATING=True; plumbline serve: --lora-folder) and see '"
              + served
              + "'",
          e);
    }
  }

  /** The adapters in the folder. */
  private List<String> left() {
    List<String> names = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, config.adapter() + "-*")) {
        all.forEach(one -> names.add(one.getFileName().toString()));
      } catch (IOException e) {
        throw new InputException(folder + ": cannot be read: " + e.getMessage(), e);
      }
    }
    return names;
  }

  /** Whether the server still has it makes no difference to the run: it is asked once. */
  private void forget(String name) {
    try (Calls once = new Calls("rollout_server", config.limits().once())) {
      once.call(
          () ->
              server.post(
                  config.address("/unload_lora_adapter"),
                  JSON.createObjectNode().put("lora_name", name)));
    } catch (InputException | ScoringException e) {
      // Gone already, or not to be reached.
    }
    try {
      delete(folder.resolve(name));
    } catch (IOException e) {
      throw new InputException(folder.resolve(name) + ": cannot be removed: " + e.getMessage(), e);
    }
  }

  private static void delete(Path adapter) throws IOException {
    if (Files.isDirectory(adapter)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(adapter)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
      Files.delete(adapter);
    }
  }

  /** Takes the last adapter off the server and out of the folder. */
  void withdraw() {
    current.ifPresent(this::forget);
    current = Optional.empty();
    try {
      if (Files.isDirectory(folder) && left().isEmpty()) {
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      // It holds something else.
    }
  }
}
