package plumbline.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import plumbline.InputException;
import plumbline.config.Nearest;

/**
 * Which files of a repository are a model's: JSON, vocabularies, templates and safetensors. Pickle
 * files and Python sources can carry code and are never fetched.
 */
final class ModelFiles {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CONFIG = "config.json";
  private static final String ADAPTER_CONFIG = "adapter_config.json";
  private static final String ADAPTER_WEIGHTS = "adapter_model.safetensors";
  private static final String WEIGHTS = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  /** What a model says about itself and its text; weights are chosen apart from these. */
  private static final Pattern DESCRIPTION =
      Pattern.compile(
          "(generation_|adapter_)?config\\.json|tokenizer[\\w.-]*\\.json|tokenizer\\.model"
              + "|special_tokens_map\\.json|added_tokens\\.json|vocab\\.(json|txt)|merges\\.txt"
              + "|chat_template\\.jinja|README\\.md|score_statistics\\.json"
              // the parts of a sentence-embedding model
              + "|modules\\.json|sentence_bert_config\\.json|\\d+_\\w+/config\\.json");

  private static final Pattern SAFETENSORS = Pattern.compile("\\w[\\w.-]*\\.safetensors");
  private static final Pattern PICKLE = Pattern.compile("(?i)[^/]*\\.(bin|pt|pth|pkl|pickle|ckpt)");
  private static final Pattern OTHER_WEIGHTS =
      Pattern.compile("(?i).*\\.(gguf|ggml|onnx|h5|msgpack|safetensors|bin|pt|pth|ckpt)");

  private ModelFiles() {}

  /**
   * The files of a repository that a model needs, but for the shards of an index.
   *
   * @throws InputException if none of its weights can be used
   */
  static List<String> wanted(Repository repository, Collection<String> all) {
    Set<String> wanted = new TreeSet<>();
    all.stream().filter(name -> DESCRIPTION.matcher(name).matches()).forEach(wanted::add);
    List<String> weights = weights(all);
    if (weights.isEmpty()) {
      throw noWeights(repository, all);
    }
    if (!wanted.contains(CONFIG) && !wanted.contains(ADAPTER_CONFIG)) {
      throw new InputException(
          repository + ": has neither " + CONFIG + " nor " + ADAPTER_CONFIG + ": this is no model");
    }
    wanted.addAll(weights);
    return List.copyOf(wanted);
  }

  private static List<String> weights(Collection<String> all) {
    List<String> weights = new ArrayList<>();
    if (all.contains(ADAPTER_WEIGHTS)) {
      weights.add(ADAPTER_WEIGHTS);
    }
    if (all.contains(INDEX)) {
      weights.add(INDEX);
    } else if (all.contains(WEIGHTS)) {
      weights.add(WEIGHTS);
    } else if (weights.isEmpty()) {
      all.stream().filter(name -> SAFETENSORS.matcher(name).matches()).forEach(weights::add);
    }
    return weights;
  }

  private static InputException noWeights(Repository repository, Collection<String> all) {
    List<String> pickles = all.stream().filter(name -> PICKLE.matcher(name).matches()).toList();
    if (!pickles.isEmpty()) {
      return new InputException(
          repository
              + ": has only pickle weights ("
              + some(pickles)
              + "), which can run code when they are loaded; nothing was downloaded. Name a"
              + " revision that has safetensors, such as the hub's own conversion ("
              + repository.name()
              + "@refs/pr/N), or convert it with the tool that made it");
    }
    List<String> others =
        all.stream().filter(name -> OTHER_WEIGHTS.matcher(name).matches()).toList();
    return new InputException(
        repository
            + ": has no "
            + WEIGHTS
            + (others.isEmpty() ? "" : ", it has " + some(others))
            + "; nothing was downloaded");
  }

  private static String some(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(3, names.size())))
        + (names.size() > 3 ? " and " + (names.size() - 3) + " more" : "");
  }

  /**
   * The shards that an index lists.
   *
   * @param place what the index is called in messages
   */
  static List<String> shards(Path index, String place) {
    try {
      Set<String> shards = new TreeSet<>();
      JsonNode map = JSON.readTree(Files.readString(index)).path("weight_map");
      map.forEach(shard -> shards.add(shard.asText()));
      for (String shard : shards) {
        if (!SAFETENSORS.matcher(shard).matches()) {
          throw new InputException(
              place + ": shard '" + shard + "' is no safetensors file beside the index");
        }
      }
      return List.copyOf(shards);
    } catch (JsonProcessingException e) {
      throw new InputException(place + ": not JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new InputException(place + ": cannot be read: " + e, e);
    }
  }

  /** As {@link #shards(Path, String)}; each must be one of the repository's files. */
  static List<String> shards(Path index, Repository repository, Collection<String> all) {
    List<String> shards = shards(index, repository + ": " + INDEX);
    for (String shard : shards) {
      if (!all.contains(shard)) {
        throw new InputException(
            repository
                + ": "
                + INDEX
                + " lists '"
                + shard
                + "', which the repository lacks"
                + Nearest.to(shard, all).map(near -> "; it has '" + near + "'").orElse(""));
      }
    }
    return shards;
  }

  /** What a folder lacks to be a model; empty if it is one. */
  static List<String> missing(Path folder) {
    List<String> wanted = new ArrayList<>();
    if (Files.exists(folder.resolve(ADAPTER_CONFIG))) {
      wanted.add(ADAPTER_WEIGHTS);
    } else {
      wanted.add(CONFIG);
      if (Files.exists(folder.resolve(INDEX))) {
        wanted.addAll(shards(folder.resolve(INDEX), folder.resolve(INDEX).toString()));
      } else {
        wanted.add(WEIGHTS);
      }
    }
    return wanted.stream().filter(name -> !Files.exists(folder.resolve(name))).toList();
  }
}
