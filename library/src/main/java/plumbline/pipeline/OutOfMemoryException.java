package plumbline.pipeline;

import plumbline.tensor.OutOfMemory;

/** A stage wanted more memory than there is; the message says what would need less. */
public final class OutOfMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutOfMemoryException(String stage, Throwable failure, long availableMegabytes, String advice) {
    super(
        "%s: out of memory (%s); this process may hold %d MiB, its heap %d MiB: %sor raise PLUMBLINE_MEMORY (all of it) or PLUMBLINE_HEAP (Java's); --resume then goes on"
            .formatted(
                stage,
                OutOfMemory.said(failure),
                availableMegabytes,
                Runtime.getRuntime().maxMemory() >> 20,
                advice.isEmpty() ? "" : advice + ", or set optimizer.halve_micro_batches: true, "),
        failure);
  }
}
