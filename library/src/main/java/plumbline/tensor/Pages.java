package plumbline.tensor;

import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Pointer;
import org.bytedeco.pytorch.Tensor;

/**
 * Memory of tensors that are parts of a mapped file, which stays mapped while one of them lives.
 */
public final class Pages {
  private static final long PAGE = 4096;
  private static final int DONT_NEED = 4;

  private Pages() {}

  /**
   * Gives the memory of a tensor back to the system. What it holds is lost: it must not be read any
   * more, nor must another tensor of the same numbers.
   */
  public static void give(Tensor tensor) {
    if (!System.getProperty("os.name").equals("Linux")
        || !Engine.device().equals("cpu")
        || !tensor.is_non_overlapping_and_dense()
        || tensor.nbytes() == tensor.storage().nbytes()) {
      return;
    }
    long start = tensor.data_ptr().address();
    long from = (start + PAGE - 1) / PAGE * PAGE;
    long to = (start + tensor.nbytes()) / PAGE * PAGE;
    if (from < to) {
      // Only a hint: where the system does not take it the memory is freed with the file.
      NativeLibrary.getProcess()
          .getFunction("madvise")
          .invokeInt(new Object[] {new Pointer(from), new NativeLong(to - from), DONT_NEED});
    }
  }
}
