package plumbline.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import plumbline.NativeMemory;
import plumbline.TinyModels;
import plumbline.model.GenerationListener.Ending;
import plumbline.tensor.Ops;
import plumbline.tensor.Scopes;

class GenerationEngineTest {
  private static final int END = 2;
  private static final int VOCABULARY = 50;

  private final Transformer decoder =
      Transformer.random(GeneratorTest.tiny(), EnumSet.of(Head.LANGUAGE), 7);

  @BeforeEach
  void sharpen() {
    TinyModels.sharpen(decoder, 8);
  }

  @AfterEach
  void close() {
    decoder.close();
  }

  /** What a listener has heard. */
  private static class Heard implements GenerationListener {
    private final List<LikelyToken> prompt = new ArrayList<>();
    private final List<LikelyToken> tokens = new ArrayList<>();
    private final CompletableFuture<Ending> ending = new CompletableFuture<>();

    @Override
    public void prompt(List<LikelyToken> heard) {
      prompt.addAll(heard);
    }

    @Override
    public void token(LikelyToken token) {
      tokens.add(token);
    }

    @Override
    public void ended(Ending how) {
      ending.complete(how);
    }

    @Override
    public void failed(Throwable reason) {
      ending.completeExceptionally(reason);
    }

    int[] ids() {
      await();
      return tokens.stream().mapToInt(LikelyToken::id).toArray();
    }

    Ending await() {
      try {
        return ending.get(1, TimeUnit.MINUTES);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }

  private static List<GenerationRequest> requests(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Sampling> samplings =
        List.of(
            Sampling.greedy(20),
            Sampling.full(15),
            new Sampling(0.7, 10, 0.9, 1, 9),
            new Sampling(1.2, 0, 0.8, 1.3, 18));
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                GenerationRequest.of(
                    random.ints(1 + random.nextInt(30), 3, VOCABULARY).toArray(),
                    samplings.get(random.nextInt(samplings.size())),
                    random.nextLong(),
                    END))
        .toList();
  }

  private static Heard ask(GenerationEngine engine, Transformer model, GenerationRequest request) {
    Heard heard = new Heard();
    engine.submit(model, List.of(request), List.of(heard));
    return heard;
  }

  @ParameterizedTest
  @EnumSource
  void aResponseDoesNotDependOnThoseBesideIt(Family family) {
    if (!family.causal()) {
      return;
    }
    ModelConfig config = TinyFamilies.config(family, VOCABULARY, 64);
    List<GenerationRequest> requests = requests(32, 5);
    try (Transformer model = Transformer.random(config, EnumSet.of(Head.LANGUAGE), 3)) {
      TinyModels.sharpen(model, 4);
      List<int[]> alone = new ArrayList<>();
      try (GenerationEngine engine = new GenerationEngine(1, 40)) {
        requests.forEach(request -> alone.add(ask(engine, model, request).ids()));
      }
      try (GenerationEngine engine = new GenerationEngine(7, 40)) {
        List<Heard> heard = requests.stream().map(request -> ask(engine, model, request)).toList();
        for (int i = 0; i < heard.size(); i++) {
          assertThat(heard.get(i).ids()).as("request %d", i).isEqualTo(alone.get(i));
        }
      }
    }
  }

  @Test
  void aSeedGivesTheResponseOfTheGenerator() {
    List<GenerationRequest> requests = requests(24, 9);
    try (GenerationEngine engine = new GenerationEngine(8, 30)) {
      List<Heard> heard = requests.stream().map(request -> ask(engine, decoder, request)).toList();
      for (int i = 0; i < requests.size(); i++) {
        GenerationRequest request = requests.get(i);
        Generator.Generated wanted =
            new Generator(decoder, request.sampling(), END, 1)
                .generate(List.of(request.prompt()), new long[] {request.seed()})
                .get(0);
        assertThat(heard.get(i).ids()).isEqualTo(wanted.ids());
        assertThat(heard.get(i).await())
            .isEqualTo(wanted.ended() ? Ending.END_TOKEN : Ending.LENGTH);
        for (int t = 0; t < wanted.ids().length; t++) {
          assertThat(heard.get(i).tokens.get(t).logprob())
              .isCloseTo(wanted.logprobs()[t], within(1e-5f));
        }
      }
    }
  }

  @Test
  void logprobsAreThoseOfTheTrainingForward() {
    int[] prompt = {5, 9, 33, 4, 21};
    GenerationRequest request =
        new GenerationRequest(prompt, new Sampling(0.5, 5, 0.9, 1, 12), 3, -1, 1, 4, true);
    Heard heard;
    try (GenerationEngine engine = new GenerationEngine(4, 40)) {
      requests(12, 2).forEach(other -> ask(engine, decoder, other));
      heard = ask(engine, decoder, request);
      heard.await();
    }
    List<LikelyToken> all = new ArrayList<>(heard.prompt);
    all.addAll(heard.tokens);
    int[] row = new int[prompt.length + heard.tokens.size()];
    System.arraycopy(prompt, 0, row, 0, prompt.length);
    System.arraycopy(heard.ids(), 0, row, prompt.length, heard.tokens.size());
    assertThat(all).hasSize(row.length - 1);
    float[][] wanted = logprobs(row);
    for (int t = 0; t < all.size(); t++) {
      assertThat(all.get(t).id()).isEqualTo(row[t + 1]);
      assertThat(all.get(t).logprob()).isCloseTo(wanted[t][row[t + 1]], within(1e-5f));
      checkTop(all.get(t).top(), wanted[t]);
    }
  }

  private static void checkTop(List<LikelyToken.Candidate> top, float[] wanted) {
    float[] sorted = wanted.clone();
    Arrays.sort(sorted);
    assertThat(top).hasSize(4);
    for (int i = 0; i < top.size(); i++) {
      assertThat(top.get(i).logprob())
          .isCloseTo(sorted[sorted.length - 1 - i], within(1e-5f))
          .isCloseTo(wanted[top.get(i).id()], within(1e-5f));
    }
  }

  private float[][] logprobs(int[] row) {
    return Scopes.call(
        () -> {
          Tensor logits = decoder.logits(decoder.hidden(TokenBatch.of(row)));
          float[] all = Ops.toFloats(logits.log_softmax(-1));
          return IntStream.range(0, row.length)
              .mapToObj(t -> Arrays.copyOfRange(all, t * VOCABULARY, (t + 1) * VOCABULARY))
              .toArray(float[][]::new);
        });
  }

  @Test
  void rowsOfSeveralAdaptersRunSideBySide() {
    List<GenerationRequest> requests = requests(30, 4);
    try (Transformer one = adapter(11);
        Transformer other = adapter(12);
        GenerationEngine together = new GenerationEngine(30, 0)) {
      List<Transformer> models = List.of(decoder, one, other);
      List<Heard> heard = new ArrayList<>();
      for (int i = 0; i < requests.size(); i++) {
        heard.add(ask(together, models.get(i % 3), requests.get(i)));
      }
      int different = 0;
      for (int i = 0; i < requests.size(); i++) {
        GenerationRequest request = requests.get(i);
        List<int[]> found =
            models.stream()
                .map(
                    model ->
                        new Generator(model, request.sampling(), END, 1)
                            .generate(List.of(request.prompt()), new long[] {request.seed()})
                            .get(0)
                            .ids())
                .toList();
        assertThat(heard.get(i).ids()).isEqualTo(found.get(i % 3));
        different += Arrays.equals(found.get(1), found.get(2)) ? 0 : 1;
      }
      assertThat(different).isGreaterThan(10);
    }
  }

  private Transformer adapter(long seed) {
    Transformer adapted =
        decoder.withAdapter(
            Lora.of(4, 64, LoraTargets.of("q_proj", "v_proj", "down_proj")),
            EnumSet.of(Head.LANGUAGE),
            seed);
    SplittableRandom random = new SplittableRandom(seed);
    Scopes.noGrad(
        () ->
            Scopes.run(
                () ->
                    adapted
                        .weights()
                        .own()
                        .values()
                        .forEach(
                            weight -> {
                              float[] values = new float[Math.toIntExact(weight.numel())];
                              for (int i = 0; i < values.length; i++) {
                                values[i] = (float) (random.nextDouble() - 0.5);
                              }
                              weight.copy_(Ops.floats(values, Ops.shape(weight)));
                            })));
    return adapted;
  }

  @Test
  void aCancelledResponseMakesRoomForTheNext() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Heard blocking =
        new Heard() {
          @Override
          public void token(LikelyToken token) {
            super.token(token);
            begun.countDown();
            try {
              goOn.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    GenerationRequest endless = GenerationRequest.of(new int[] {4}, Sampling.greedy(60), 1, -1);
    try (GenerationEngine engine = new GenerationEngine(1, 1)) {
      Generation running = engine.submit(decoder, List.of(endless), List.of(blocking)).get(0);
      begun.await();
      Heard next = ask(engine, decoder, requests(1, 3).get(0));
      assertThatThrownBy(() -> ask(engine, decoder, endless))
          .isInstanceOf(GenerationEngine.FullException.class)
          .hasMessage("1 requests are waiting already");
      assertThat(engine.running()).isEqualTo(1);
      assertThat(engine.waiting()).isEqualTo(1);
      running.cancel();
      goOn.countDown();
      assertThat(blocking.await()).isEqualTo(Ending.CANCELLED);
      assertThat(blocking.tokens.size()).isLessThan(3);
      assertThat(next.await()).isNotEqualTo(Ending.CANCELLED);
    }
  }

  @Test
  void requestsAreTakenAllOrNone() {
    try (GenerationEngine engine = new GenerationEngine(2, 2)) {
      List<GenerationRequest> five = requests(5, 1);
      assertThatThrownBy(
              () ->
                  engine.submit(decoder, five, five.stream().map(request -> new Heard()).toList()))
          .isInstanceOf(GenerationEngine.FullException.class);
      assertThat(engine.waiting() + engine.running()).isZero();
    }
  }

  @Test
  void finishingDoesWhatIsThereAndTakesNothingMore() {
    GenerationEngine engine = new GenerationEngine(2, 40);
    List<Heard> heard =
        requests(20, 6).stream().map(request -> ask(engine, decoder, request)).toList();
    assertThat(engine.finish(Duration.ofMinutes(1))).isTrue();
    assertThat(heard).allSatisfy(one -> assertThat(one.ending).isCompleted());
    assertThat(heard).noneSatisfy(one -> assertThat(one.await()).isEqualTo(Ending.CANCELLED));
    assertThatThrownBy(() -> ask(engine, decoder, requests(1, 1).get(0)))
        .isInstanceOf(GenerationEngine.ClosedException.class);
  }

  @Test
  void whatGoesWrongWithOneBatchIsToldToItsRowsAlone() {
    Transformer broken = Transformer.random(GeneratorTest.tiny(), EnumSet.of(Head.VALUE), 7);
    try (GenerationEngine engine = new GenerationEngine(8, 40)) {
      Heard wrong = ask(engine, broken, requests(1, 1).get(0));
      Heard right = ask(engine, decoder, requests(1, 1).get(0));
      assertThat(wrong.ending).failsWithin(Duration.ofMinutes(1));
      assertThat(right.await()).isNotNull();
      assertThat(ask(engine, decoder, requests(1, 2).get(0)).await()).isNotNull();
    } finally {
      broken.close();
    }
  }

  @Test
  void otherWorkRunsOnTheSameThreadBetweenSteps() throws Exception {
    try (GenerationEngine engine = new GenerationEngine(8, 40)) {
      requests(10, 1).forEach(request -> ask(engine, decoder, request));
      CompletableFuture<List<float[][]>> computed =
          engine.compute(
              List.of(
                  () -> logprobs(new int[] {5, 6, 7}),
                  () -> logprobs(new int[] {8, 9}),
                  () -> logprobs(new int[] {10})));
      List<int[]> rows = List.of(new int[] {5, 6, 7}, new int[] {8, 9}, new int[] {10});
      List<float[][]> found = computed.get(1, TimeUnit.MINUTES);
      assertThat(found).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(found.get(i)).isDeepEqualTo(logprobs(rows.get(i)));
      }
      CompletableFuture<List<String>> failed =
          engine.compute(
              List.of(
                  () -> {
                    throw new IllegalStateException("no");
                  }));
      assertThatThrownBy(() -> failed.get(1, TimeUnit.MINUTES))
          .isInstanceOf(ExecutionException.class)
          .hasRootCauseMessage("no");
    }
  }

  @Test
  void moreRequestsLeaveNoNativeMemoryBehind() {
    try (GenerationEngine engine = new GenerationEngine(5, 40)) {
      round(engine, 1);
      NativeMemory.settledCount();
      long before = Pointer.totalCount();
      for (int i = 2; i < 6; i++) {
        round(engine, i);
      }
      // The thread that computes may still be closing the last batch.
      engine.compute(List.of(() -> 1)).join();
      assertThat(Pointer.totalCount()).isEqualTo(before);
    }
  }

  private void round(GenerationEngine engine, long seed) {
    List<Heard> heard = new ArrayList<>();
    for (GenerationRequest request : requests(20, seed)) {
      Heard one = new Heard();
      Generation asked = engine.submit(decoder, List.of(request), List.of(one)).get(0);
      if (request.seed() % 5 == 0) {
        asked.cancel();
      }
      heard.add(one);
    }
    heard.forEach(Heard::await);
  }
}
