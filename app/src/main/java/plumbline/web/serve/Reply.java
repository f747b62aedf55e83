package plumbline.web.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import plumbline.model.GenerationListener.Ending;
import plumbline.model.LikelyToken;
import plumbline.text.Tokenizer;

/** One choice of an answer as it comes: its text, its tokens and why it ended. */
final class Reply {
  /** Where a reply has come to its end by itself. */
  static final String STOP = "stop";

  /** Where a reply has been cut. */
  static final String LENGTH = "length";

  private static final char BROKEN = '\uFFFD';

  private final Tokenizer tokenizer;
  private final List<String> stops;
  private final int endToken;
  private final boolean numbered;
  private final boolean withEnd;
  private final TokenText decoder;
  private final StringBuilder text = new StringBuilder();
  private final List<SpokenToken> tokens = new ArrayList<>();
  private final List<Integer> ids = new ArrayList<>();
  private int givenText;
  private int givenTokens;
  private Optional<String> finish = Optional.empty();

  /** What a reply has more than before. */
  record Piece(String text, List<SpokenToken> tokens) {}

  /**
   * An empty reply.
   *
   * @param before the prompt's tokens if the reply goes on with their text; else none
   * @param stops texts at which it ends
   * @param numbered whether its tokens are shown as {@code token_id:N}
   * @param withEnd whether the end token is one of its tokens
   */
  Reply(
      Tokenizer tokenizer,
      int[] before,
      List<String> stops,
      int endToken,
      boolean numbered,
      boolean withEnd) {
    this.tokenizer = tokenizer;
    this.stops = stops;
    this.endToken = endToken;
    this.numbered = numbered;
    this.withEnd = withEnd;
    this.decoder = new TokenText(tokenizer, before);
  }

  /** The next token; the end token belongs to no text. */
  void add(LikelyToken token) {
    ids.add(token.id());
    if (token.id() == endToken) {
      if (withEnd) {
        tokens.add(
            new SpokenToken(
                shown(token.id(), "", true), false, OptionalDouble.of(token.logprob()), List.of()));
      }
      return;
    }
    boolean alone = !decoder.isPending();
    List<SpokenToken.Candidate> top = new ArrayList<>();
    for (LikelyToken.Candidate other : token.top()) {
      String added = numbered ? "" : decoder.instead(other.id());
      top.add(
          new SpokenToken.Candidate(
              shown(other.id(), added, alone), isShown(added, alone), other.logprob()));
    }
    String added = decoder.next(token.id());
    tokens.add(
        new SpokenToken(
            shown(token.id(), added, alone),
            isShown(added, alone),
            OptionalDouble.of(token.logprob()),
            top));
    write(added);
  }

  private String shown(int id, String added, boolean alone) {
    return numbered ? "token_id:" + id : isShown(added, alone) ? added : tokenizer.token(id);
  }

  /** Whether what a token adds is its own text: whole characters, none begun by others. */
  private boolean isShown(String added, boolean alone) {
    return !numbered && alone && !added.isEmpty() && added.indexOf(BROKEN) < 0;
  }

  private void write(String added) {
    int before = text.length();
    text.append(added);
    int cut = -1;
    for (String stop : stops) {
      int at = text.indexOf(stop, Math.max(0, before - stop.length() + 1));
      cut = at >= 0 && (cut < 0 || at < cut) ? at : cut;
    }
    if (cut >= 0) {
      text.setLength(cut);
      finish = Optional.of(STOP);
    }
  }

  /** The engine has nothing more. */
  void end(Ending ending) {
    if (finish.isEmpty()) {
      write(decoder.rest());
      if (finish.isEmpty()) {
        finish = Optional.of(ending == Ending.END_TOKEN ? STOP : LENGTH);
      }
    }
  }

  boolean isDone() {
    return finish.isPresent();
  }

  /** {@link #STOP} or {@link #LENGTH} once it is done. */
  Optional<String> finish() {
    return finish;
  }

  String text() {
    return text.toString();
  }

  List<SpokenToken> tokens() {
    return tokens;
  }

  /** Tokens drawn, the end token included. */
  int drawn() {
    return ids.size();
  }

  /** Tokens drawn by their ids, the end token included. */
  List<Integer> ids() {
    return ids;
  }

  /**
   * What can be given out that was not yet: text that cannot be the beginning of a stop text, and
   * its tokens; at the end all that is left, be it nothing.
   */
  Optional<Piece> take() {
    int to = isDone() ? text.length() : text.length() - heldBack();
    if (to <= givenText && !isDone()) {
      return Optional.empty();
    }
    Piece piece =
        new Piece(
            text.substring(Math.min(givenText, to), to),
            List.copyOf(tokens.subList(givenTokens, tokens.size())));
    givenText = to;
    givenTokens = tokens.size();
    return Optional.of(piece);
  }

  /** The length of the longest end of the text that begins a stop text. */
  private int heldBack() {
    int held = 0;
    for (String stop : stops) {
      for (int length = Math.min(stop.length() - 1, text.length()); length > held; length--) {
        if (stop.startsWith(text.substring(text.length() - length))) {
          held = length;
        }
      }
    }
    return held;
  }
}
