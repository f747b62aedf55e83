package plumbline.annotation.store;

import java.security.SecureRandom;
import java.util.Base64;
import plumbline.data.Sha256;

/** Secrets that somebody carries: 256 random bits, of which only the hash is stored. */
final class Tokens {
  private static final int BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private Tokens() {}

  /** 43 characters that may stand in an address. */
  static String fresh() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  static String hash(String token) {
    return Sha256.ofText(token);
  }
}
