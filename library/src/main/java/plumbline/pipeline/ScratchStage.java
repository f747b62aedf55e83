package plumbline.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import plumbline.InputException;
import plumbline.config.Key;
import plumbline.data.Demonstration;
import plumbline.data.Message;
import plumbline.data.PreferencePair;
import plumbline.data.format.RowFiles;
import plumbline.model.Family;
import plumbline.model.Head;
import plumbline.model.ModelConfig;
import plumbline.model.ModelFolder;
import plumbline.model.Transformer;
import plumbline.text.BytePairTrainer;
import plumbline.text.BytePairVocabulary;

/** A tokenizer trained on the data and a model with random weights: where tiny studies begin. */
final class ScratchStage {

  /** What kind of model is made. */
  enum Architecture {
    LLAMA,
    GPT2,
    /** An encoder, which can only become a reward model. */
    ROBERTA
  }

  /** The keys of a scratch stage. */
  record Config(
      @Key(doc = "the data that the tokenizer is trained on: an earlier stage or a folder")
          String data,
      @Key(
              def = "llama",
              doc = "the model's architecture; roberta is an encoder, for reward models alone")
          Architecture family,
      @Key(def = "1024", min = 260, doc = "most tokens of the tokenizer") int vocabularySize,
      @Key(def = "128", min = 2, doc = "width of the hidden states") int hiddenSize,
      @Key(def = "384", min = 1, doc = "width inside the MLP") int intermediateSize,
      @Key(def = "2", min = 1, doc = "number of blocks") int layers,
      @Key(def = "4", min = 1, doc = "query heads") int heads,
      @Key(def = "2", min = 1, doc = "heads of keys and values, of a Llama") int keyValueHeads,
      @Key(def = "256", min = 8, doc = "longest row in tokens") int maxPositions,
      @Key(def = "true", doc = "whether a Llama's LM head is the embedding")
          boolean tiedEmbeddings) {
    Config {
      if (hiddenSize % heads != 0) {
        throw new IllegalArgumentException(
            "hidden_size is " + hiddenSize + ", wanted a multiple of heads, " + heads);
      }
      if (heads % keyValueHeads != 0) {
        throw new IllegalArgumentException(
            "key_value_heads is " + keyValueHeads + ", which does not divide heads, " + heads);
      }
    }
  }

  private ScratchStage() {}

  /** Checks what it names before any stage runs. */
  static Plan.Made plan(Config config, Plan plan) {
    plan.checkData(config.data(), "", "train");
    Plan.Kind kind =
        config.family() == Architecture.ROBERTA ? Plan.Kind.ENCODER : Plan.Kind.LANGUAGE_MODEL;
    return Plan.Made.model(kind, config.maxPositions());
  }

  static void run(Config config, StageContext context) {
    BytePairVocabulary vocabulary =
        BytePairTrainer.ofSize(config.vocabularySize()).train(texts(config, context));
    vocabulary.write(context.run().model());
    ModelConfig shape = shape(config, vocabulary.size());
    try (Transformer decoder = Transformer.random(shape, heads(config), context.seed())) {
      ModelFolder.save(decoder, context.run().model());
      context
          .run()
          .summary(
              new ObjectMapper()
                  .createObjectNode()
                  .put("vocabulary", vocabulary.size())
                  .put("parameters", decoder.weights().count()));
    }
  }

  /** What stands on top of the model: an encoder has no language head. */
  static Set<Head> heads(Config config) {
    return config.family() == Architecture.ROBERTA ? Set.of() : EnumSet.of(Head.LANGUAGE);
  }

  /** The model's shape once the tokenizer has its size. */
  static ModelConfig shape(Config config, int vocabularySize) {
    if (config.family() != Architecture.LLAMA) {
      return ModelConfig.ofLearnedPositions(
          config.family() == Architecture.GPT2 ? Family.GPT2 : Family.ROBERTA,
          vocabularySize,
          config.hiddenSize(),
          config.intermediateSize(),
          config.layers(),
          config.heads(),
          config.maxPositions(),
          id(BytePairTrainer.TURN_END),
          id(BytePairTrainer.END_OF_TEXT));
    }
    return ModelConfig.llama(
        vocabularySize,
        config.hiddenSize(),
        config.intermediateSize(),
        config.layers(),
        config.heads(),
        config.keyValueHeads(),
        config.maxPositions(),
        config.tiedEmbeddings(),
        OptionalInt.empty(),
        id(BytePairTrainer.TURN_END),
        id(BytePairTrainer.END_OF_TEXT));
  }

  private static OptionalInt id(String token) {
    return OptionalInt.of(BytePairTrainer.DEFAULT_SPECIAL_TOKENS.indexOf(token));
  }

  private static List<String> texts(Config config, StageContext context) {
    List<String> texts = new ArrayList<>();
    for (Demonstration row :
        context.rowsIfAny(
            config.data(), "demonstrations.train.jsonl", RowFiles::readDemonstrations)) {
      row.prompt().messages().stream().map(Message::content).forEach(texts::add);
      texts.add(row.response());
    }
    for (PreferencePair row :
        context.rowsIfAny(config.data(), "pairs.train.jsonl", RowFiles::readPairs)) {
      texts.add(row.chosen());
      texts.add(row.rejected());
    }
    if (texts.isEmpty()) {
      throw new InputException(
          config.data()
              + ": no demonstrations.train.jsonl and no pairs.train.jsonl to train a tokenizer on");
    }
    return texts;
  }
}
