package plumbline.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import plumbline.distributed.World;
import plumbline.tensor.Scopes;

/** What the processes of a {@link World} have in common: gradients, and where they go on from. */
final class Together {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Together() {}

  /**
   * Adds up the gradients of all processes, once for an update however many micro-batches it has. A
   * process whose parts were none, or reached fewer weights, adds zeros.
   */
  static void sumGradients(Map<String, Tensor> parameters) {
    World world = World.current();
    if (world.size() == 1) {
      return;
    }
    List<Tensor> all = List.copyOf(parameters.values());
    boolean[] reached = reached(world, all);
    List<Tensor> gradients = new ArrayList<>();
    Scopes.noGrad(
        () -> {
          for (int i = 0; i < reached.length; i++) {
            if (reached[i]) {
              gradients.add(gradient(all.get(i)));
            }
          }
        });
    world.sum(gradients);
  }

  private static Tensor gradient(Tensor parameter) {
    if (!parameter.grad().defined()) {
      parameter.mutable_grad().put(Scopes.keep(torch.zeros_like(parameter).detach()));
    }
    return parameter.grad();
  }

  /** Which parameters have a gradient in some process. */
  private static boolean[] reached(World world, List<Tensor> parameters) {
    byte[] own = new byte[parameters.size()];
    for (int i = 0; i < own.length; i++) {
      own[i] = (byte) (parameters.get(i).grad().defined() ? 1 : 0);
    }
    boolean[] reached = new boolean[own.length];
    for (byte[] ofRank : world.gather(own)) {
      for (int i = 0; i < own.length; i++) {
        reached[i] |= ofRank[i] == 1;
      }
    }
    return reached;
  }

  /** What rank 0 has read of a checkpoint. */
  record Saved(ObjectNode state, Map<String, Tensor> tensors) {}

  /**
   * Gives every process what rank 0 has read.
   *
   * @param own what it has read; on others of no account
   * @return kept tensors, which the caller closes
   */
  static Saved spread(World world, ObjectNode state, SortedMap<String, Tensor> own) {
    if (world.size() == 1) {
      return new Saved(state, own);
    }
    ObjectNode message = JSON.createObjectNode();
    if (world.isFirst()) {
      message.set("state", state);
      ArrayNode list = message.putArray("tensors");
      own.forEach((name, tensor) -> list.add(outline(name, tensor)));
    }
    JsonNode told = parsed(world.broadcast(message.toString().getBytes(StandardCharsets.UTF_8)));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (JsonNode each : told.get("tensors")) {
      String name = each.get("name").asText();
      tensors.put(name, world.isFirst() ? own.get(name) : empty(each));
    }
    world.broadcast(tensors.values(), 0);
    return new Saved((ObjectNode) told.get("state"), tensors);
  }

  private static ObjectNode outline(String name, Tensor tensor) {
    ObjectNode outline =
        JSON.createObjectNode().put("name", name).put("type", tensor.scalar_type().intern().name());
    ArrayNode shape = outline.putArray("shape");
    for (long size : plumbline.tensor.Ops.shape(tensor)) {
      shape.add(size);
    }
    return outline;
  }

  private static Tensor empty(JsonNode outline) {
    long[] shape = new long[outline.get("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = outline.get("shape").get(i).asLong();
    }
    ScalarType type = ScalarType.valueOf(outline.get("type").asText());
    return Scopes.call(() -> Scopes.keep(torch.zeros(shape).to(type)));
  }

  private static JsonNode parsed(byte[] text) {
    try {
      return JSON.readTree(new String(text, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("rank 0 sent no JSON", e);
    }
  }
}
