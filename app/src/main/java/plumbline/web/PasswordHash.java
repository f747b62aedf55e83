package plumbline.web;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import java.util.concurrent.Semaphore;

/**
 * Passwords as Argon2id hashes (RFC 9106) of 19 MiB, two passes and one lane, the first of OWASP's
 * recommendations. At most two are computed at a time, so that sign-ins cannot fill the memory.
 */
public final class PasswordHash {
  /** The shortest password that is taken, in characters. */
  public static final int SHORTEST = 10;

  /** The longest password that is taken, in characters. */
  public static final int LONGEST = 200;

  private static final int KIBIBYTES = 19 * 1024;
  private static final Argon2Function ARGON2 =
      Argon2Function.getInstance(KIBIBYTES, 2, 1, 32, Argon2.ID);
  private static final Semaphore PLACES = new Semaphore(2);

  /** The hash of a password that nobody has. */
  private static final String NOBODYS = hash(Tokens.random());

  private PasswordHash() {}

  /** The hash, with its salt and its settings. */
  public static String hash(String password) {
    PLACES.acquireUninterruptibly();
    try {
      return Password.hash(password).addRandomSalt(16).with(ARGON2).getResult();
    } finally {
      PLACES.release();
    }
  }

  /** Whether a password is the one of a hash; takes as long if it is not. */
  public static boolean matches(String password, String hash) {
    if (password.length() > LONGEST) {
      return false;
    }
    PLACES.acquireUninterruptibly();
    try {
      return Password.check(password, hash).with(Argon2Function.getInstanceFromHash(hash));
    } finally {
      PLACES.release();
    }
  }

  /** What to compare with where there is no such account: false, after as long as ever. */
  public static boolean matchesNobody(String password) {
    return matches(password, NOBODYS) && password.equals(NOBODYS);
  }
}
