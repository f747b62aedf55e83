package plumbline.model;

import java.util.List;

/** Hears of a response while it is generated, on the thread that computes: it must return fast. */
public interface GenerationListener {
  /** Why a response has ended. */
  enum Ending {
    /** Its last token is the end token. */
    END_TOKEN,
    /** It is as long as it may be. */
    LENGTH,
    /** Nobody wanted more of it. */
    CANCELLED
  }

  /** The prompt's tokens from the second on; called first, if they were asked for. */
  default void prompt(List<LikelyToken> tokens) {}

  /** The next token, the end token included. */
  void token(LikelyToken token);

  /** The response is whole; nothing follows. */
  void ended(Ending ending);

  /** The computation has failed; nothing follows. */
  void failed(Throwable reason);
}
