package plumbline.cli;

import java.util.List;
import java.util.function.Consumer;
import plumbline.data.Message;
import plumbline.judge.CallFailed;
import plumbline.model.Sampling;

/** A model that one talks with. */
interface ChatPartner extends AutoCloseable {
  /** What it is called in what is saved. */
  String name();

  /**
   * The answer to a conversation.
   *
   * @param pieces takes its text as it comes
   * @return the whole text
   * @throws plumbline.InputException if the conversation is too long, or the model cannot be asked
   * @throws CallFailed if it did not answer this time
   */
  String answer(List<Message> messages, Sampling sampling, long seed, Consumer<String> pieces)
      throws CallFailed;

  @Override
  void close();
}
