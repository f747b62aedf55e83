package plumbline.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import plumbline.InputException;

/**
 * Models of a Hugging Face-compatible hub. What the cache holds is not asked for again, whoever put
 * it there.
 */
public final class Hub {
  private static final Duration STALL_LIMIT = Duration.ofSeconds(60);

  private final HubSettings settings;
  private final HubConnection connection;
  private final SnapshotDownload.FreeSpace freeSpace;

  /** The hub, token and cache that the environment names. */
  public static Hub of(Map<String, String> environment) {
    return new Hub(
        HubSettings.of(environment),
        time -> Thread.sleep(time.toMillis()),
        folder -> Files.getFileStore(folder).getUsableSpace(),
        STALL_LIMIT);
  }

  Hub(
      HubSettings settings,
      Backoff.Pause pause,
      SnapshotDownload.FreeSpace freeSpace,
      Duration stallLimit) {
    this.settings = settings;
    this.connection = new HubConnection(settings, pause, stallLimit);
    this.freeSpace = freeSpace;
  }

  /** A repository's files at a commit. */
  private record Listing(String commit, List<String> files) {}

  /**
   * Brings a model's files into the cache and returns where they are. Offline, or if the hub cannot
   * be asked, the snapshot that the cache holds.
   *
   * @throws InputException if there is no such repository or revision, it may not be read, it has
   *     no safetensors, the disk is too small, or the hub is needed and may not be asked
   * @throws HubException if the hub fails
   */
  public Snapshot download(Repository repository, HubProgress progress) {
    HubCache cache = new HubCache(settings.cache(), repository);
    if (settings.offline()) {
      return offline(repository, cache);
    }
    Listing listing;
    try {
      listing = listing(repository, progress);
    } catch (HubException e) {
      return cached(repository, cache, e.getMessage(), progress).orElseThrow(() -> e);
    } catch (HubRefusal e) {
      InputException refused = new Refusals(settings, connection).of(repository, e);
      if (e.code().equals("RevisionNotFound")) {
        throw refused;
      }
      return cached(repository, cache, refused.getMessage(), progress).orElseThrow(() -> refused);
    }
    try {
      return new SnapshotDownload(
              repository, cache, listing.commit(), listing.files(), connection, freeSpace, progress)
          .run();
    } catch (HubRefusal e) {
      throw new Refusals(settings, connection).of(repository, e);
    } catch (IOException e) {
      throw new InputException(
          "%s: the cache cannot be written: %s; set HF_HUB_CACHE to another folder"
              .formatted(settings.cache(), e),
          e);
    }
  }

  /**
   * Brings what tells a model's shape into the cache, its weights left out, and returns the folder.
   * Offline it is the snapshot that the cache holds.
   *
   * @throws InputException as {@link #download}
   * @throws HubException if the hub fails
   */
  Path describe(Repository repository, HubProgress progress) {
    HubCache cache = new HubCache(settings.cache(), repository);
    if (settings.offline()) {
      return offline(repository, cache).folder();
    }
    try {
      Listing listing = listing(repository, progress);
      return new SnapshotDownload(
              repository, cache, listing.commit(), listing.files(), connection, freeSpace, progress)
          .description();
    } catch (HubRefusal e) {
      throw new Refusals(settings, connection).of(repository, e);
    } catch (IOException e) {
      throw new InputException(settings.cache() + ": the cache cannot be written: " + e, e);
    }
  }

  private Listing listing(Repository repository, HubProgress progress) {
    JsonNode answer =
        connection.json(
            "/api/models/"
                + repository.name()
                + "/revision/"
                + HubConnection.escaped(repository.revision()),
            progress::note);
    String commit = answer.path("sha").asText();
    TreeSet<String> files = new TreeSet<>();
    answer.path("siblings").forEach(file -> files.add(file.path("rfilename").asText()));
    if (!HubCache.isCommit(commit) || files.isEmpty()) {
      throw new HubException(
          settings.endpoint() + ": the answer names no commit or no files; is this a hub?", null);
    }
    return new Listing(commit, List.copyOf(files));
  }

  // ---- what is there already

  private Snapshot offline(Repository repository, HubCache cache) {
    Optional<String> commit = cache.commit(repository.revision());
    if (commit.isEmpty() || !Files.isDirectory(cache.snapshot(commit.get()))) {
      throw new InputException(
          "%s: not in the cache %s, and HF_HUB_OFFLINE is set; unset it to download"
              .formatted(repository, settings.cache()));
    }
    Path folder = cache.snapshot(commit.get());
    List<String> missing = ModelFiles.missing(folder);
    if (!missing.isEmpty()) {
      throw new InputException(
          "%s: the cache has only a part of it (%s lacks %s), and HF_HUB_OFFLINE is set; unset it to"
                  .formatted(repository, folder, missing.get(0))
              + " download the rest");
    }
    return snapshot(repository, commit.get(), folder);
  }

  /** A whole model in the cache that stands in for a hub that did not give it. */
  private Optional<Snapshot> cached(
      Repository repository, HubCache cache, String problem, HubProgress progress) {
    Optional<Snapshot> found =
        cache
            .commit(repository.revision())
            .filter(commit -> Files.isDirectory(cache.snapshot(commit)))
            .filter(commit -> ModelFiles.missing(cache.snapshot(commit)).isEmpty())
            .map(commit -> snapshot(repository, commit, cache.snapshot(commit)));
    found.ifPresent(
        snapshot ->
            progress.warn(
                problem + "; using " + repository + " of the cache, commit " + snapshot.commit()));
    return found;
  }

  private static Snapshot snapshot(Repository repository, String commit, Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      List<String> names =
          files
              .filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString())
              .sorted()
              .toList();
      return new Snapshot(repository, commit, folder, names, 0);
    } catch (IOException e) {
      throw new InputException(folder + ": cannot be read: " + e, e);
    }
  }
}
