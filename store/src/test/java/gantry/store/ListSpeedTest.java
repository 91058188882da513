package gantry.store;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.oci.Digest;
import gantry.store.content.Metadata;
import gantry.store.content.RepositoryName;
import gantry.store.content.SqliteMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Lists stay fast with many repositories and tags: 100 by 50 here, 1,000 by 100 when asked for by
/// `gantry.store.repositories` and `gantry.store.tags`.
@Timeout(900)
class ListSpeedTest {
  private static final int REPOSITORIES = Integer.getInteger("gantry.store.repositories", 100);
  private static final int TAGS = Integer.getInteger("gantry.store.tags", 50);
  private static final long LIMIT_MILLIS = 100;

  @TempDir Path dir;

  @Test
  void everyListAndPage_answersInTime() throws Exception {
    try (SqliteMetadata metadata = SqliteMetadata.open(dir.resolve("root"))) {
      for (int r = 0; r < REPOSITORIES; r++) {
        for (int t = 0; t < TAGS; t++) {
          metadata.putManifest(manifest("team-%d/app-%d".formatted(r % 10, r), "v" + t));
        }
      }
    }
    try (StoreFixture store =
        StoreFixture.open(StoreConfig.of(dir.resolve("root"), true), dir.resolve("s"))) {
      String one = "team-0/app-0";
      for (String path :
          new String[] {
            "/v2/_catalog",
            "/v2/_catalog?n=10&last=team-5",
            "/v2/" + one + "/tags/list",
            "/v2/" + one + "/tags/list?n=10&last=v2",
            "/v1/search?q=app-1",
            "/",
            "/?q=app-9&page=1",
            "/r/" + one
          }) {
        assertThat(store.get(path).status()).as(path).isEqualTo(200); // its classes are loaded now
        long start = System.nanoTime();
        assertThat(store.get(path).status()).isEqualTo(200);
        assertThat((System.nanoTime() - start) / 1_000_000).as(path).isLessThan(LIMIT_MILLIS);
      }
    }
  }

  private static Metadata.NewManifest manifest(String repository, String tag) {
    Digest digest = Digest.sha256((repository + tag).getBytes(StandardCharsets.UTF_8));
    return new Metadata.NewManifest(
        new RepositoryName(repository),
        new Metadata.ManifestEntry(
            digest,
            StoreFixture.OCI_MANIFEST,
            100,
            Optional.empty(),
            Optional.empty(),
            "{}",
            100,
            "linux/amd64",
            Instant.now(),
            "test",
            Optional.empty()),
        List.of(),
        Optional.of(tag),
        _ -> true,
        "");
  }
}
