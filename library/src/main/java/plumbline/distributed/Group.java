package plumbline.distributed;

import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.time.Duration;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
import plumbline.InputException;
import plumbline.tensor.Engine;
import plumbline.tensor.Ops;

/**
 * libtorch's process group, Gloo on the CPU and NCCL on CUDA: what the ranks exchange. Every rank
 * calls the same exchanges in the same order.
 */
final class Group {
  private final MeetingPoint point;
  private final Store store;
  private final Backend backend;
  private final int size;
  private final Duration deadline;

  /**
   * Meets the others at the meeting point, which is there.
   *
   * @throws RankLost if they do not come within the deadline
   */
  Group(Placement place, Duration deadline) {
    this.size = place.size();
    this.deadline = deadline;
    this.point = MeetingPoint.come(place.address(), place.port(), deadline);
    this.store = new PrefixStore("attempt-" + place.attempt(), point.store());
    this.backend =
        Engine.device().equals("cpu") ? gloo(place, store, deadline) : nccl(place, store, deadline);
  }

  private static Backend gloo(Placement place, Store store, Duration deadline) {
    Loader.load(org.bytedeco.pytorch.global.torch_gloo.class);
    ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create(milliseconds(deadline));
    options.devices(new GlooDeviceVector(device(place)));
    return new ProcessGroupGloo(store, place.rank(), place.size(), options);
  }

  /** The network that leads to the meeting point, or the one that is named. */
  private static org.bytedeco.pytorch.gloo.Device device(Placement place) {
    String name = System.getenv("GLOO_SOCKET_IFNAME");
    if (name != null && !name.isBlank()) {
      return ProcessGroupGloo.createDeviceForInterface(name);
    }
    try (DatagramSocket route = new DatagramSocket()) {
      // Connecting a datagram socket sends nothing: it only asks the system for the way.
      route.connect(new InetSocketAddress(place.address(), place.port()));
      InetAddress local = route.getLocalAddress();
      return ProcessGroupGloo.createDeviceForHostname(local.getHostAddress());
    } catch (SocketException | IllegalArgumentException e) {
      throw new InputException(
          "there is no way from here to "
              + place.place()
              + " ("
              + e.getMessage()
              + "); check "
              + Placement.ADDRESS
              + ", or name the network with GLOO_SOCKET_IFNAME",
          e);
    }
  }

  private static Backend nccl(Placement place, Store store, Duration deadline) {
    try {
      Loader.load(org.bytedeco.pytorch.global.torch_nccl.class);
      ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
      ProcessGroupNCCL group = new ProcessGroupNCCL(store, place.rank(), place.size(), options);
      group.setTimeout(milliseconds(deadline));
      return group;
    } catch (LinkageError e) {
      throw new InputException(
          "several processes on "
              + Engine.device()
              + " exchange through NCCL, which this build of libtorch has not ("
              + e.getMessage()
              + "); build with ./mvnw -Pcuda package, or use --device cpu",
          e);
    }
  }

  static Milliseconds milliseconds(Duration time) {
    return new Milliseconds(time.toMillis());
  }

  /** Adds up a tensor over all ranks, in place. */
  Work sum(Tensor tensor) {
    return backend.allreduce(new TensorVector(tensor));
  }

  /** Gives all ranks the tensor of one, in place. */
  Work broadcast(Tensor tensor, int from) {
    return backend.broadcast(new TensorVector(tensor), new BroadcastOptions().rootRank(from));
  }

  /** Joins what the ranks have, of one shape, in their order. */
  Work gather(Tensor joined, Tensor own) {
    return backend._allgather_base(joined, own);
  }

  /** Waits for an exchange. */
  void await(Work work) {
    if (!work._wait(milliseconds(deadline))) {
      throw new IllegalStateException("the exchange ended without success");
    }
  }

  /** What every rank sends, in their order. */
  byte[][] gather(byte[] own) {
    Tensor lengths = Ops.longs(new long[size], size);
    await(gather(lengths, Ops.longs(new long[] {own.length}, 1)));
    long[] counts = Ops.toLongs(lengths);
    int longest = 1;
    for (long count : counts) {
      longest = Math.max(longest, Math.toIntExact(count));
    }
    byte[] padded = new byte[longest];
    System.arraycopy(own, 0, padded, 0, own.length);
    Tensor joined = bytes(new byte[Math.multiplyExact(size, longest)]);
    await(gather(joined, bytes(padded)));
    byte[][] sent = new byte[size][];
    Tensor here = joined.to(new Device("cpu"), ScalarType.Byte).contiguous();
    BytePointer all = new BytePointer(here.data_ptr());
    for (int rank = 0; rank < size; rank++) {
      sent[rank] = new byte[Math.toIntExact(counts[rank])];
      all.position((long) rank * longest).get(sent[rank]);
    }
    return sent;
  }

  private static Tensor bytes(byte[] values) {
    try (BytePointer data = new BytePointer(values)) {
      Tensor copy =
          torch
              .from_blob(
                  data,
                  new long[] {values.length},
                  new org.bytedeco.pytorch.TensorOptions()
                      .dtype(new org.bytedeco.pytorch.ScalarTypeOptional(ScalarType.Byte)))
              .clone();
      return Engine.device().equals("cpu")
          ? copy
          : copy.to(new Device(Engine.device()), ScalarType.Byte);
    }
  }
}
