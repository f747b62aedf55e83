package plumbline.track;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import plumbline.InputException;

/**
 * Which MLflow server to tell, and as whom. The names of the variables are MLflow's own.
 *
 * @param server its address
 * @param experiment what runs are gathered under; made if there is none
 * @param authorization the header of that name
 */
public record MlflowConfig(URI server, String experiment, Optional<String> authorization) {
  /** The variable with the server's address. */
  public static final String ADDRESS = "MLFLOW_TRACKING_URI";

  private static final String DEFAULT_EXPERIMENT = "plumbline";

  /**
   * The server of an address.
   *
   * @param address http or https
   * @param experiment instead of {@code MLFLOW_EXPERIMENT_NAME}
   * @param environment user, password or token, and experiment
   * @throws InputException if the address is of another kind
   */
  public static MlflowConfig of(
      String address, Optional<String> experiment, Map<String, String> environment) {
    return new MlflowConfig(
        uri(address),
        experiment
            .or(() -> variable("MLFLOW_EXPERIMENT_NAME", environment))
            .orElse(DEFAULT_EXPERIMENT),
        authorization(environment));
  }

  private static URI uri(String address) {
    try {
      URI uri = new URI(address.strip().replaceFirst("/+$", ""));
      if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // The message below says what is wanted.
    }
    throw new InputException(
        "'%s' is no MLflow server; wanted http://HOST:PORT or https://HOST, as 'mlflow server' prints it"
            .formatted(address));
  }

  private static Optional<String> authorization(Map<String, String> environment) {
    Optional<String> token = variable("MLFLOW_TRACKING_TOKEN", environment);
    if (token.isPresent()) {
      return token.map(secret -> "Bearer " + secret);
    }
    String password = environment.getOrDefault("MLFLOW_TRACKING_PASSWORD", "");
    return variable("MLFLOW_TRACKING_USERNAME", environment)
        .map(user -> (user + ":" + password).getBytes(StandardCharsets.UTF_8))
        .map(pair -> "Basic " + Base64.getEncoder().encodeToString(pair));
  }

  private static Optional<String> variable(String name, Map<String, String> environment) {
    return Optional.ofNullable(environment.get(name)).map(String::strip).filter(s -> !s.isEmpty());
  }

  /** Without what nobody else may see. */
  @Override
  public String toString() {
    return server + " (" + experiment + ")";
  }
}
