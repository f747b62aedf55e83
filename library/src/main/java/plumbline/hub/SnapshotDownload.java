package plumbline.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import plumbline.InputException;

/** A model's files at a commit: what the cache lacks of them comes from the hub. */
final class SnapshotDownload {
  private static final Set<String> DESCRIPTION =
      Set.of("config.json", "adapter_config.json", "tokenizer.json", "tokenizer_config.json");

  /** Says how many bytes a folder's disk has left. */
  interface FreeSpace {
    long bytes(Path folder) throws IOException;
  }

  private final Repository repository;
  private final HubCache cache;
  private final String commit;
  private final List<String> all;
  private final HubConnection connection;
  private final FreeSpace freeSpace;
  private final HubProgress progress;
  private long received;

  /**
   * @param all the names of the repository's files
   */
  SnapshotDownload(
      Repository repository,
      HubCache cache,
      String commit,
      List<String> all,
      HubConnection connection,
      FreeSpace freeSpace,
      HubProgress progress) {
    this.repository = repository;
    this.cache = cache;
    this.commit = commit;
    this.all = all;
    this.connection = connection;
    this.freeSpace = freeSpace;
    this.progress = progress;
  }

  Snapshot run() throws IOException {
    List<String> wanted = new ArrayList<>(ModelFiles.wanted(repository, all));
    if (wanted.contains(ModelFiles.INDEX)) {
      fetch(List.of(ModelFiles.INDEX), HubProgress.silent());
      Path index = cache.snapshot(commit).resolve(ModelFiles.INDEX);
      wanted.addAll(ModelFiles.shards(index, repository, all));
    }
    fetch(wanted, progress);
    try (DownloadLock lock = DownloadLock.take(cache.lock("refs"), progress)) {
      cache.remember(repository.revision(), commit);
    }
    List<String> files = wanted.stream().sorted().toList();
    return new Snapshot(repository, commit, cache.snapshot(commit), files, received);
  }

  /** The files that tell what the model is, without its weights. */
  Path description() throws IOException {
    fetch(all.stream().filter(DESCRIPTION::contains).toList(), progress);
    return cache.snapshot(commit);
  }

  private void fetch(List<String> files, HubProgress shown) throws IOException {
    List<RemoteFile> missing = new ArrayList<>();
    for (String file : files) {
      if (!cache.holds(commit, file)) {
        missing.add(connection.describe(repository, commit, file, progress::note));
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    long bytes = left(missing);
    checkSpace(bytes);
    try (HubProgress.Transfer transfer = shown.start(repository, bytes)) {
      for (RemoteFile file : missing) {
        fetch(file, transfer);
      }
    }
  }

  private long left(List<RemoteFile> files) throws IOException {
    long bytes = 0;
    for (RemoteFile file : files) {
      if (!Files.exists(cache.blob(file.etag()))) {
        Path begun = cache.incomplete(file.etag());
        bytes += Math.max(0, file.size() - (Files.exists(begun) ? Files.size(begun) : 0));
      }
    }
    return bytes;
  }

  private void checkSpace(long bytes) throws IOException {
    Path blobs = Files.createDirectories(cache.blobs());
    long free = freeSpace.bytes(blobs);
    if (bytes > free) {
      throw new InputException(
          "%s: needs %s, the disk of %s has %s left; make room or set HF_HUB_CACHE to a larger disk"
              .formatted(repository, megabytes(bytes), blobs, megabytes(free)));
    }
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private void fetch(RemoteFile file, HubProgress.Transfer transfer) throws IOException {
    try (DownloadLock lock = DownloadLock.take(cache.lock(file.etag()), progress)) {
      Path blob = cache.blob(file.etag());
      if (!Files.exists(blob)) {
        new BlobDownload(
                connection,
                connection.fileUri(repository, commit, file.name()),
                file,
                cache.incomplete(file.etag()),
                count -> {
                  received += count;
                  transfer.received(file.name(), count);
                },
                progress)
            .run(blob);
      }
      cache.link(file, commit);
    }
  }
}
