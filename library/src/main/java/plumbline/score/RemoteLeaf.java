package plumbline.score;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import plumbline.InputException;
import plumbline.config.Key;

/** A reward model behind HTTP, in the form of OpenRLHF's {@code serve_rm}: {@link RemoteScorer}. */
record RemoteLeaf(
    @Key(doc = "the address: http://host:port/get_reward") String remote,
    @Key(
            def = "",
            doc =
                "headers, each with the environment variable that holds its value:"
                    + " {Authorization: RM_TOKEN}")
        Map<String, String> headers,
    @Key(def = "64", min = 1, doc = "rows per request") int rowsPerRequest,
    @Key(def = "1", min = 1, max = 256, doc = "requests under way at a time", unit = "requests")
        int concurrency,
    @Key(def = "remote", doc = "what metrics call it") String name,
    @Key CallLimits calls)
    implements Leaf {

  RemoteLeaf {
    URI address;
    try {
      address = URI.create(remote);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("remote is no address: " + e.getMessage(), e);
    }
    if (address.getHost() == null || !("" + address.getScheme()).matches("https?")) {
      throw new IllegalArgumentException(
          "remote is '" + remote + "', wanted http://host:port/path or https://...");
    }
    if (address.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "remote has a password in its address; give it by 'headers' from the environment");
    }
  }

  @Override
  public void check() {
    headers(System::getenv);
  }

  @Override
  public boolean isAskedOnce() {
    return true;
  }

  @Override
  public Scorer build(String unique, LeafContext context) {
    return new RemoteScorer(
        unique,
        URI.create(remote),
        headers(System::getenv),
        rowsPerRequest,
        IntStream.range(0, concurrency)
            .mapToObj(line -> new Calls("remote " + remote, calls))
            .toList());
  }

  /** Headers with their values. */
  Map<String, String> headers(UnaryOperator<String> environment) {
    Map<String, String> values = new LinkedHashMap<>();
    headers.forEach(
        (header, variable) -> {
          String value = environment.apply(variable);
          if (value == null || value.isEmpty()) {
            throw new InputException(
                "remote %s: the header %s wants the environment variable %s, which is not set"
                    .formatted(remote, header, variable));
          }
          values.put(header, value);
        });
    return values;
  }
}
