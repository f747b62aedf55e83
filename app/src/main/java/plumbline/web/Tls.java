package plumbline.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import plumbline.InputException;

/**
 * What a server proves itself with.
 *
 * @param certificate PEM file: its certificate, then those that signed it
 * @param key PEM file: its private key as PKCS #8, not encrypted
 */
public record Tls(Path certificate, Path key) {
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  /**
   * Jetty's view of both.
   *
   * @throws InputException if a file cannot be read or holds something else
   */
  public SslContextFactory.Server contextFactory() {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      char[] password = Tokens.random().toCharArray();
      store.load(null, password);
      Certificate[] chain = chain();
      PrivateKey secret = secret(chain[0].getPublicKey().getAlgorithm());
      store.setKeyEntry("server", secret, password, chain);
      SslContextFactory.Server factory = new SslContextFactory.Server();
      factory.setKeyStore(store);
      factory.setKeyStorePassword(new String(password));
      factory.setIncludeProtocols("TLSv1.3", "TLSv1.2");
      return factory;
    } catch (GeneralSecurityException e) {
      throw new InputException(certificate + ", " + key + ": no usable certificate and key", e);
    } catch (IOException e) {
      throw new InputException(e.getMessage() + ": cannot be read", e);
    }
  }

  private Certificate[] chain() throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(certificate)) {
      Collection<? extends Certificate> read =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (read.isEmpty()) {
        throw new InputException(certificate + ": holds no certificate, wanted PEM");
      }
      return List.copyOf(read).toArray(Certificate[]::new);
    }
  }

  private PrivateKey secret(String algorithm) throws IOException, GeneralSecurityException {
    Matcher matcher = KEY.matcher(Files.readString(key));
    if (!matcher.find()) {
      throw new InputException(
          key
              + ": holds no '-----BEGIN PRIVATE KEY-----' (PKCS #8); openssl pkcs8 -topk8 -nocrypt"
              + " makes one of other keys");
    }
    byte[] encoded = Base64.getMimeDecoder().decode(matcher.group(1));
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
  }
}
