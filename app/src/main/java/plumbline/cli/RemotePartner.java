package plumbline.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import plumbline.InputException;
import plumbline.config.Config;
import plumbline.config.ConfigTree;
import plumbline.data.Message;
import plumbline.judge.CallFailed;
import plumbline.judge.ChatStream;
import plumbline.judge.RemoteConfig;
import plumbline.model.Sampling;

/** A model behind an OpenAI-compatible endpoint. */
final class RemotePartner implements ChatPartner {
  private final String endpoint;
  private final String model;
  private final Optional<String> keyVariable;
  private final Map<String, String> environment;

  private RemotePartner(
      String endpoint,
      String model,
      Optional<String> keyVariable,
      Map<String, String> environment) {
    this.endpoint = endpoint;
    this.model = model;
    this.keyVariable = keyVariable;
    this.environment = environment;
  }

  /** Whether a name is an endpoint's address. */
  static boolean isAddress(String given) {
    return given.matches("https?://.*");
  }

  /**
   * The model of an address.
   *
   * @param given {@code http://HOST:PORT/v1#MODEL}; without a model the endpoint's only one
   * @param keyVariable the environment variable with the key
   * @throws InputException if the endpoint serves several models and none was named, or cannot be
   *     reached
   */
  static RemotePartner at(
      String given, Optional<String> keyVariable, Map<String, String> environment) {
    int hash = given.indexOf('#');
    String endpoint = hash < 0 ? given : given.substring(0, hash);
    String named = hash < 0 ? "" : given.substring(hash + 1);
    if (!named.isEmpty()) {
      return new RemotePartner(endpoint, named, keyVariable, environment);
    }
    RemotePartner any = new RemotePartner(endpoint, "any", keyVariable, environment);
    List<String> models;
    try {
      models = any.stream(new Sampling(1, 0, 1, 1, 1), 1).models();
    } catch (CallFailed e) {
      throw new InputException(
          endpoint + ": " + e.getMessage() + "; name the model as " + endpoint + "#MODEL", e);
    }
    if (models.size() != 1) {
      throw new InputException(
          "%s serves %d models; wanted one of them as %s#MODEL: %s"
              .formatted(endpoint, models.size(), endpoint, models));
    }
    return new RemotePartner(endpoint, models.get(0), keyVariable, environment);
  }

  private ChatStream stream(Sampling sampling, long seed) {
    ConfigTree keys = Config.parse("{}", "chat");
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("endpoint", endpoint);
    values.put("model", model);
    values.put("temperature", sampling.temperature());
    values.put("max_tokens", sampling.maxNewTokens());
    values.put("seed", seed);
    keyVariable.ifPresent(variable -> values.put("key_env", variable));
    for (Map.Entry<String, Object> value : values.entrySet()) {
      keys = keys.with(value.getKey() + "=" + Console.toJson(value.getValue()));
    }
    return new ChatStream(keys.bind(RemoteConfig.class), environment);
  }

  @Override
  public String name() {
    return model;
  }

  @Override
  public String answer(
      List<Message> messages, Sampling sampling, long seed, Consumer<String> pieces)
      throws CallFailed {
    Map<String, Double> more = new LinkedHashMap<>();
    if (sampling.topP() != 1) {
      more.put("top_p", sampling.topP());
    }
    return stream(sampling, Math.floorMod(seed, 1L << 31))
        .answer(new ArrayList<>(messages), more, pieces);
  }

  @Override
  public void close() {
    // Nothing is held between answers.
  }
}
