package plumbline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import plumbline.model.Head;
import plumbline.model.Lora;
import plumbline.model.Safetensors;
import plumbline.model.TextModel;
import plumbline.model.Transformer;
import plumbline.tensor.Engine;
import plumbline.train.RunDirectory;

/** That the number of threads changes no bit of a result, and leaves nothing behind. */
public final class AnyThreads {
  private AnyThreads() {}

  /**
   * Computes something with 1, 2 and 3 threads.
   *
   * @param computed gives the result with so many threads; closes all that it opens
   */
  public static void giveTheSame(IntFunction<byte[]> computed) {
    try {
      byte[] alone = computed.apply(1);
      for (int threads = 2; threads <= 3; threads++) {
        Engine.configure("cpu", threads);
        byte[][] found = new byte[1][];
        int count = threads;
        NativeMemory.assertNoneLeftBy(() -> found[0] = computed.apply(count));
        assertThat(found[0]).as("%d threads", threads).isEqualTo(alone);
      }
    } finally {
      Engine.configure("cpu", 1);
    }
  }

  /** A training of a part of a test's model. */
  @FunctionalInterface
  public interface Training {
    /**
     * Trains.
     *
     * @param trained a copy of the model, or an adapter over it
     * @param name of the run's folder, another one for each number of threads
     */
    void train(TextModel model, Transformer trained, RunDirectory run, String name);
  }

  /**
   * Trains with 1, 2 and 3 threads: weights and metrics are the same bytes.
   *
   * @param lora the adapter that is trained; without it all weights are
   */
  public static void trainTheSame(
      Path folder, Supplier<TextModel> fresh, Optional<Lora> lora, Training training) {
    giveTheSame(
        threads -> {
          String name = "threads" + threads;
          try (TextModel model = fresh.get();
              Transformer trained =
                  lora.map(form -> adapted(model, form)).orElseGet(model.transformer()::copy);
              RunDirectory run = TinyModels.run(folder.resolve(name))) {
            training.train(model, trained, run, name);
            Path file = folder.resolve(name + ".safetensors");
            Safetensors.write(file, trained.weights().all());
            return TinyModels.bytes(file);
          }
        });
    assertThat(TinyModels.timeless(folder.resolve("threads3")))
        .isEqualTo(TinyModels.timeless(folder.resolve("threads1")));
  }

  private static Transformer adapted(TextModel model, Lora lora) {
    return model.transformer().withAdapter(lora, EnumSet.of(Head.LANGUAGE), 1);
  }
}
