package plumbline.web.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Tokens read and drawn for a request. */
record Usage(long prompt, long completion) {
  ObjectNode toJson() {
    return Call.JSON
        .createObjectNode()
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("total_tokens", prompt + completion);
  }
}
