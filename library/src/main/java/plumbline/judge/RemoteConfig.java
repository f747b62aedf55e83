package plumbline.judge;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import plumbline.config.Key;

/** The keys of a judge that is a model behind an endpoint. */
public record RemoteConfig(
    @Key(doc = "the API's address up to its version, as http://localhost:8000/v1") String endpoint,
    @Key(doc = "the model's name there") String model,
    @Key(def = "openai", doc = "whose form of chat the endpoint speaks") Provider provider,
    @Key(def = "", doc = "what annotations call the judge; without it the model's name")
        Optional<String> name,
    @Key(def = "", doc = "the environment variable that holds the key; without it none is sent")
        Optional<String> keyEnv,
    @Key(def = "", doc = "other names that the endpoint may give the model in its answers")
        List<String> alsoKnownAs,
    @Key(def = "alpaca", doc = "template of comparisons") String template,
    @Key(def = "rating", doc = "template of ratings") String ratingTemplate,
    @Key(def = "", doc = "folder whose templates come before the built-in ones")
        Optional<Path> templates,
    @Key(def = "first_token", doc = "how the model says its verdict") AnswerForm answer,
    @Key(def = "false", doc = "whether it may say that neither is better") boolean ties,
    @Key(def = "0", min = 0, max = 2, doc = "sampling temperature") double temperature,
    @Key(def = "", doc = "seed sent along, where the endpoint takes one") OptionalLong seed,
    @Key(def = "512", min = 1, doc = "most tokens of an answer") int maxTokens,
    @Key(def = "max_tokens", doc = "what the endpoint calls that limit") String maxTokensField,
    @Key(def = "8", min = 1, max = 1024, doc = "calls at a time") int concurrency,
    @Key(def = "60", min = 0.001, doc = "seconds that one call may take") double timeout,
    @Key(def = "600", min = 0.001, doc = "seconds that one verdict may take, all calls and waits")
        double deadline,
    @Key(def = "1", min = 0, doc = "seconds to wait before the second call; doubles each time")
        double firstWait,
    @Key(def = "60", min = 0, doc = "longest wait in seconds, unless the server asks for more")
        double longestWait,
    @Key(def = "3", min = 1, doc = "answers without a verdict until it is unparsable")
        int parseTries,
    @Key(def = "0", min = 0, doc = "USD per million tokens read") double inputPrice,
    @Key(def = "0", min = 0, doc = "USD per million tokens written") double outputPrice) {
  public RemoteConfig {
    try {
      URI address = new URI(endpoint);
      if (address.getHost() == null || !List.of("http", "https").contains(address.getScheme())) {
        throw new IllegalArgumentException(wrongEndpoint(endpoint));
      }
      if (address.getUserInfo() != null) {
        throw new IllegalArgumentException(
            "'endpoint' holds a user or a key; name an environment variable with 'key_env'");
      }
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(wrongEndpoint(endpoint), e);
    }
    if (answer == AnswerForm.LOGPROBS && ties) {
      throw new IllegalArgumentException(
          "'ties: true' does not go with 'answer: logprobs', whose verdict is a probability");
    }
    if (answer == AnswerForm.LOGPROBS && provider != Provider.OPENAI) {
      throw new IllegalArgumentException(
          "'answer: logprobs' does not go with 'provider: %s', wanted 'provider: openai' or another"
                  .formatted(provider)
              + " 'answer'");
    }
    if (temperature > 1 && provider == Provider.ANTHROPIC) {
      throw new IllegalArgumentException(
          "'temperature' is " + temperature + ", but 'provider: anthropic' takes at most 1");
    }
  }

  private static String wrongEndpoint(String endpoint) {
    return "'endpoint' is '" + endpoint + "', wanted an address as https://api.openai.com/v1";
  }

  /** The same with another seed to be sent along. */
  public RemoteConfig withSeed(long other) {
    return new RemoteConfig(
        endpoint,
        model,
        provider,
        name,
        keyEnv,
        alsoKnownAs,
        template,
        ratingTemplate,
        templates,
        answer,
        ties,
        temperature,
        OptionalLong.of(other),
        maxTokens,
        maxTokensField,
        concurrency,
        timeout,
        deadline,
        firstWait,
        longestWait,
        parseTries,
        inputPrice,
        outputPrice);
  }

  String judgeName() {
    return name.orElse(model);
  }

  /** The address without a slash at its end. */
  String base() {
    return endpoint.replaceFirst("/+$", "");
  }

  /** What tells the model from others in a cache. */
  String identity() {
    return provider == Provider.OPENAI ? model : provider + ":" + model;
  }

  double usd(ChatAnswer.TokenCount tokens) {
    return (tokens.input() * inputPrice + tokens.output() * outputPrice) / 1e6;
  }
}
