package plumbline.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import org.bytedeco.javacpp.Pointer;
import plumbline.data.Demonstration;
import plumbline.data.Prompt;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.Transformer;
import plumbline.sft.SftConfig;
import plumbline.sft.SftTrainer;
import plumbline.tensor.Engine;
import plumbline.train.Memory;
import plumbline.train.Progress;

/**
 * A thousand updates of supervised fine-tuning of a tiny model, on rows of changing lengths, by two
 * threads: prints by how much memory outside Java's own grew after the first ones, {@code
 * growth_mb=N}, and by how many native objects that Java holds, {@code objects=N}.
 */
public final class ThousandUpdates {
  private static final int UPDATES = 1000;
  private static final int SETTLED = 300;
  private static final int ROWS = 64;
  private static final int ROWS_PER_UPDATE = 8;
  private static final int LONGEST = 40;

  private ThousandUpdates() {}

  public static void main(String[] arguments) {
    Engine.configure("cpu", 2);
    ModelConfig shape = Shape.LLAMA.config(true);
    SplittableRandom random = new SplittableRandom(1);
    int[] lengths = random.ints(ROWS, 1, LONGEST).toArray();
    List<Demonstration> rows = new ArrayList<>();
    for (int[] ids : Load.tokens(lengths, shape.vocabularySize(), 1)) {
      rows.add(new Demonstration(Prompt.of(Words.text(new int[] {1})), Words.text(ids)));
    }
    SftConfig config =
        Training.config(
            SftConfig.class,
            "{model: bench, data: bench, epochs: %d, rows_per_update: %d, lengths: %s}"
                .formatted(UPDATES * ROWS_PER_UPDATE / ROWS, ROWS_PER_UPDATE, Training.LENGTHS));
    Watched watched = new Watched();
    try (Training.Place place = Training.place(shape);
        Transformer model = Transformer.random(shape, EnumSet.of(Head.LANGUAGE), 1)) {
      SftTrainer.train(model, place.text(), rows, List.of(), config, 1, place.run(), watched);
    }
    System.out.printf(
        "growth_mb=%d objects=%d updates=%d%n",
        watched.megabytes, watched.objects, watched.updates);
  }

  /** Looks when memory has settled and at the end. */
  private static final class Watched implements Progress, Progress.Task {
    private final MemoryMXBean java = ManagementFactory.getMemoryMXBean();
    private int updates;
    private long megabytes;
    private long objects;

    @Override
    public Task start(String label, long total) {
      return this;
    }

    @Override
    public void step(String note) {
      updates++;
      if (updates == SETTLED || updates == UPDATES) {
        int sign = updates == UPDATES ? 1 : -1;
        System.gc();
        megabytes += sign * outsideJava();
        objects += sign * Pointer.totalCount();
      }
    }

    @Override
    public void note(String line) {}

    private long outsideJava() {
      long own =
          java.getHeapMemoryUsage().getCommitted() + java.getNonHeapMemoryUsage().getCommitted();
      return Memory.residentMegabytes() - (own >> 20);
    }

    @Override
    public void close() {}
  }
}
