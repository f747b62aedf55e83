package plumbline.web.label.api;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Set;
import plumbline.InputException;

/**
 * Where a webhook leads. Addresses of this machine and its network are refused unless allowed, so
 * that nobody reads through a webhook what only this machine can reach.
 */
public final class WebhookAddress {
  /** The longest address that is taken, in characters. */
  public static final int LONGEST = 2000;

  private WebhookAddress() {}

  /**
   * Checks what somebody wants to register. The host is looked up again at each delivery.
   *
   * @throws InputException if it is no address of the web, or leads where it may not
   */
  public static void check(String url, boolean privateAllowed) {
    URI uri = parse(url);
    try {
      resolve(uri.getHost(), privateAllowed);
    } catch (UnknownHostException e) {
      throw new InputException("url: the host '" + uri.getHost() + "' is not known", e);
    }
  }

  /** The parts of an address. */
  static URI parse(String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw new InputException("url: is no address, wanted https://HOST/PATH", e);
    }
    boolean isWeb = uri.getScheme() != null && Set.of("http", "https").contains(uri.getScheme());
    if (!isWeb || uri.getHost() == null || uri.getRawUserInfo() != null) {
      throw new InputException("url: is '" + url + "', wanted https://HOST/PATH");
    }
    return uri;
  }

  /**
   * The address to connect to: the first of the host, if none of them is private.
   *
   * @throws InputException if one is, and that is not allowed
   */
  static InetAddress resolve(String host, boolean privateAllowed) throws UnknownHostException {
    String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetAddress[] all = InetAddress.getAllByName(plain);
    if (!privateAllowed && Arrays.stream(all).anyMatch(WebhookAddress::isPrivate)) {
      throw new InputException("url: '" + host + "' is an address of this network, not allowed");
    }
    return all[0];
  }

  /** Whether an address is not one of the public internet (the registries of RFC 6890). */
  static boolean isPrivate(InetAddress address) {
    boolean isSpecial =
        address.isAnyLocalAddress()
            || address.isLoopbackAddress()
            || address.isLinkLocalAddress()
            || address.isSiteLocalAddress()
            || address.isMulticastAddress();
    if (isSpecial || (address instanceof Inet4Address && isPrivate4(address.getAddress()))) {
      return true;
    }
    return address instanceof Inet6Address && isPrivate6(address.getAddress());
  }

  private static boolean isPrivate4(byte[] bytes) {
    int a = bytes[0] & 0xff;
    int b = bytes[1] & 0xff;
    int c = bytes[2] & 0xff;
    return a == 0
        || a >= 240
        || (a == 100 && (b & 0xc0) == 64)
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b & 0xfe) == 18)
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113);
  }

  /** Only 2000::/3 is public; what of it carries an address of version 4 is as private as that. */
  private static boolean isPrivate6(byte[] bytes) {
    boolean isGlobal = (bytes[0] & 0xe0) == 0x20;
    boolean isTeredoOrDocumentation =
        bytes[0] == 0x20
            && bytes[1] == 1
            && (bytes[2] == 0 || (bytes[2] == 0x0d && (bytes[3] & 0xff) == 0xb8));
    boolean is6to4 = bytes[0] == 0x20 && bytes[1] == 2;
    return !isGlobal || isTeredoOrDocumentation || is6to4;
  }
}
