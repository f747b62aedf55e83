package plumbline.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What codecs of dialogues share. */
final class Turns {
  private Turns() {}

  /** The same dialogue with the messages that one role sends in a row joined into one. */
  static List<Message> join(List<Message> messages, String separator) {
    List<Message> joined = new ArrayList<>();
    for (Message message : messages) {
      int last = joined.size() - 1;
      if (last >= 0 && joined.get(last).role().equals(message.role())) {
        String content = joined.get(last).content() + separator + message.content();
        joined.set(last, new Message(message.role(), content));
      } else {
        joined.add(message);
      }
    }
    return joined;
  }

  /** Where a row comes from: {@code dataset}, {@code source} (file name) and {@code line}. */
  static Map<String, String> meta(String dataset, Row row) {
    Map<String, String> meta = new TreeMap<>();
    meta.put("dataset", dataset);
    meta.put("source", row.file().getFileName().toString());
    meta.put("line", Integer.toString(row.line()));
    return meta;
  }
}
