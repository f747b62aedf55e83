package plumbline.rollout;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import plumbline.config.Key;
import plumbline.score.CallLimits;
import plumbline.train.SamplingConfig;

/** The keys of a server that samples the rollouts in this process's place. */
public record RolloutServerConfig(
    @Key(
            doc =
                "the API's address up to its version, as http://localhost:8000/v1; it takes vLLM's"
                    + " extensions of /completions")
        String endpoint,
    @Key(doc = "what the server calls the model that training starts from") String model,
    @Key(def = "", doc = "the environment variable that holds the key; without it none is sent")
        Optional<String> keyEnv,
    @Key(
            def = "policy",
            doc = "how the names of adapters begin there; each run on one server wants its own")
        String adapter,
    @Key(
            def = "",
            doc = "folder that adapters are written to; without it 'adapters' in the run's folder")
        Optional<Path> folder,
    @Key(def = "", doc = "the same folder as the server sees it; without it by the same path")
        Optional<String> servedFolder,
    @Key(
            def = "1",
            min = 1,
            doc = "updates from one adapter to the next; responses of an older one are weighed",
            unit = "updates")
        int every,
    @Key(
            def = "raw",
            doc =
                "what the server's log-probs are taken of: the model's own distribution or the one"
                    + " that is drawn from (vLLM: --logprobs-mode processed_logprobs)")
        LogprobsOf logprobs,
    @Key(
            def = "0.25",
            min = 0,
            doc =
                "the run stops where the server's log-probs differ more from the policy's, in the"
                    + " mean over an update's tokens",
            unit = "nats")
        double maxGap,
    @Key(def = "32", min = 1, max = 4096, doc = "responses asked for at a time", unit = "responses")
        int concurrency,
    @Key(def = "300", min = 0.001, max = 86400, doc = "longest wait for one response", unit = "s")
        double timeout,
    @Key(def = "5", min = 1, doc = "tries before a response is given up and the run stops")
        int tries,
    @Key(
            def = "1",
            min = 0,
            max = 300,
            doc = "wait before the second try; each later one is twice as long",
            unit = "s")
        double firstWait) {

  /** What log-probs are taken of. */
  public enum LogprobsOf {
    /** The model's distribution, at temperature 1. */
    RAW,
    /** The distribution that tokens are drawn from, after temperature, top_k and top_p. */
    PROCESSED
  }

  public RolloutServerConfig {
    URI address = uri(endpoint);
    if (address.getHost() == null || !("" + address.getScheme()).matches("https?")) {
      throw wrong(endpoint);
    }
    if (address.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "endpoint holds a user or a key; name an environment variable with key_env");
    }
    if (!adapter.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")) {
      throw new IllegalArgumentException(
          "adapter is '" + adapter + "', wanted 1 to 64 letters, digits, '.', '-' and '_'");
    }
  }

  private static URI uri(String endpoint) {
    try {
      return new URI(endpoint);
    } catch (URISyntaxException e) {
      throw wrong(endpoint);
    }
  }

  private static IllegalArgumentException wrong(String endpoint) {
    return new IllegalArgumentException(
        "endpoint is '" + endpoint + "', wanted an address as http://localhost:8000/v1");
  }

  /**
   * Checks what goes with it.
   *
   * @param adapter whether what the server draws from is an adapter, or the model that it has
   * @param key what the temperatures are called
   * @param temperatures that responses are drawn at
   * @throws IllegalArgumentException if something does not
   */
  public void check(
      boolean adapter, SamplingConfig sampling, String key, List<Double> temperatures) {
    if (!adapter) {
      throw new IllegalArgumentException(
          "rollout_server gets the policy as an adapter; set lora: {}");
    }
    if (sampling.weights().isPresent()) {
      throw new IllegalArgumentException(
          "sampling.weights is about the copy that samples here; rollout_server samples instead");
    }
    for (double temperature : temperatures) {
      if (logprobs == LogprobsOf.RAW && temperature != 1) {
        throw new IllegalArgumentException(
            key
                + " is "
                + temperature
                + ", but rollout_server.logprobs are raw, those of temperature 1; set 1, or"
                + " rollout_server.logprobs: processed on a server that gives them");
      }
    }
  }

  /** An address of the API. */
  URI address(String path) {
    return URI.create(endpoint.replaceFirst("/+$", "") + path);
  }

  /** No response may be missing. */
  CallLimits limits() {
    return new CallLimits(timeout, tries, firstWait, 0);
  }
}
