package plumbline.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import plumbline.InputException;
import plumbline.model.AdapterFolder;
import plumbline.model.TextModel;
import plumbline.pipeline.ModelCard;

/** Makes a whole model of an adapter and its base. */
@Command(name = "merge", description = "Merge an adapter into its base: a model without adapter.")
final class MergeCommand implements Action {
  @Parameters(
      index = "0",
      paramLabel = "ADAPTER",
      description = "An adapter's folder, or a run's folder, which holds one as model/.")
  private Path adapter;

  @Parameters(
      index = "1",
      paramLabel = "OUT",
      description = "The new Hugging Face folder, which must not exist yet.")
  private Path out;

  @Mixin private BaseOption base = new BaseOption();

  @Mixin private EngineOptions engine = new EngineOptions();

  @Override
  public int run(Console console) throws IOException {
    Path inRun = adapter.resolve("model");
    Path folder = AdapterFolder.isOne(inRun) ? inRun : adapter;
    if (!AdapterFolder.isOne(folder)) {
      throw new InputException(
          adapter + ": no adapter_config.json here or in model/, wanted an adapter's folder");
    }
    engine.configure();
    Path below = base.given(console).orElseGet(() -> AdapterFolder.base(folder));
    try (TextModel merged = TextModel.loadMerged(folder, below);
        UnfinishedFolder unfinished = UnfinishedFolder.of(out)) {
      merged.save(merged.transformer(), unfinished.path());
      ModelCard.ofMerge(folder, below, unfinished.path());
      unfinished.finish();
      long parameters = merged.transformer().weights().count();
      console.say(out + ": " + below + " with " + folder + ", " + parameters + " parameters");
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("status", "ok");
      result.put("model", out.toString());
      result.put("base", below.toString());
      result.put("parameters", parameters);
      console.result(result);
    }
    return ExitCode.DONE;
  }
}
