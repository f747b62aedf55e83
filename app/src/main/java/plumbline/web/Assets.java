package plumbline.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Files of script and style, each under an address that changes with its content. */
public final class Assets {
  /** A file's content and what it is. */
  public record Asset(byte[] content, String type) {}

  private static final Map<String, String> TYPES =
      Map.of(
          "js",
          "text/javascript; charset=utf-8",
          "css",
          "text/css; charset=utf-8",
          "svg",
          "image/svg+xml");

  private final Map<String, Asset> byAddress = new LinkedHashMap<>();
  private final Map<String, String> addresses = new LinkedHashMap<>();
  private final String root;

  /**
   * @param root what all addresses begin with, such as {@code /static/}
   * @param resources name to the resource on the class path
   */
  public Assets(String root, Map<String, String> resources) {
    this.root = root;
    resources.forEach(this::add);
  }

  private void add(String name, String resource) {
    byte[] content = read(resource);
    String key = hash(content) + "/" + name;
    String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
    byAddress.put(key, new Asset(content, type));
    addresses.put(name, root + key);
  }

  /** The address of a file. */
  public String address(String name) {
    String address = addresses.get(name);
    if (address == null) {
      throw new IllegalArgumentException("no file '" + name + "' among " + addresses.keySet());
    }
    return address;
  }

  /** The file whose address ends so, behind the root. */
  public Optional<Asset> find(String hash, String name) {
    return Optional.ofNullable(byAddress.get(hash + "/" + name));
  }

  private static byte[] read(String resource) {
    try (InputStream in = Assets.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String hash(byte[] content) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("no SHA-256 in this Java", e);
    }
  }
}
