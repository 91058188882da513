package gantry.store;

import static gantry.store.StoreFixture.digest;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.store.content.Collector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a collection takes, and what it leaves.
@Timeout(60)
class CollectionTest {
  @TempDir Path dir;
  private StoreFixture store;

  @BeforeEach
  void open() throws IOException {
    Files.writeString(
        dir.resolve("store.json"),
        """
        {"retention": [{"repository": "ci/**", "tags": "pr-*", "keep": 1}],
         "immutable": [{"repository": "ci/app", "tags": "pr-0"}]}
        """);
    store =
        StoreFixture.open(
            StoreConfig.read(dir.resolve("root"), dir.resolve("store.json"), true),
            dir.resolve("s"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Path blob(String content) {
    return dir.resolve("root/blobs/sha256").resolve(digest(content).hex());
  }

  @Test
  void retention_dryRun_tellsWhatTheRunThenDoes() throws Exception {
    String[] manifests = new String[4];
    for (int i = 0; i < 4; i++) {
      manifests[i] = store.pushImage("ci/app", "pr-" + i, "layer " + i);
      Thread.sleep(2); // tags are in the order of their milliseconds
    }
    store.pushImage("ci/app", "v1", "layer 1"); // the same manifest as pr-1

    Collector.Report dry = store.store().collect(true);
    assertThat(dry.tags()).containsExactlyInAnyOrder("ci/app:pr-1", "ci/app:pr-2");
    assertThat(dry.manifests()).containsExactly("ci/app@" + digest(manifests[2]));
    assertThat(blob("layer 2")).exists();
    assertThat(store.get("/v2/ci/app/manifests/pr-2").status()).isEqualTo(200);

    Collector.Report wet = store.store().collect(false);
    assertThat(wet).isEqualTo(dry);
    assertThat(wet.bytes()).isEqualTo(manifests[2].length() + "layer 2".length());
    assertThat(store.get("/v2/ci/app/manifests/pr-2").status()).isEqualTo(404);
    assertThat(blob("layer 2")).doesNotExist();
    assertThat(store.get("/v2/ci/app/manifests/v1").status()).isEqualTo(200);
    assertThat(store.get("/v2/ci/app/manifests/pr-0").status()).isEqualTo(200);
    assertThat(store.get("/v2/ci/app/manifests/pr-3").status()).isEqualTo(200);
    assertThat(store.get("/v2/ci/app/blobs/" + digest("layer 3")).body()).isEqualTo("layer 3");
  }

  @Test
  void blobThatIsAboutToBeNamed_stays() throws IOException {
    store.pushBlob("team/app", "soon".getBytes(StandardCharsets.UTF_8));
    assertThat(store.store().collect(false).blobs()).isEmpty();
    assertThat(blob("soon")).exists();
  }

  @Test
  void fileOfWhichNobodyKnows_goes() throws IOException {
    Files.writeString(blob("left by a killed process"), "left by a killed process");
    Collector.Report report = store.store().collect(false);
    assertThat(report.bytes()).isEqualTo("left by a killed process".length());
    assertThat(blob("left by a killed process")).doesNotExist();
  }

  @Test
  void deleteWhileAnotherClientPushesTheSameLayer_leavesIt() throws IOException {
    String first = store.pushImage("team/app", "v1", "shared");
    // Another client asks whether the blobs are there, and so will not upload them.
    for (String blob : new String[] {"shared", StoreFixture.CONFIG}) {
      String head = "/v2/team/app/blobs/" + digest(blob);
      assertThat(store.request("HEAD", head).status()).isEqualTo(200);
    }
    store.request("DELETE", "/v2/team/app/manifests/" + digest(first));
    assertThat(store.pushManifest("team/app", "v2", first).status()).isEqualTo(201);
  }

  @Test
  void immutableTag_isNotMoved() {
    store.pushImage("ci/app", "pr-0", "one");
    assertThat(store.pushImage("ci/app", "pr-0", "one")).isNotEmpty();
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    store.pushBlob("ci/app", config);
    var refused = store.pushManifest("ci/app", "pr-0", StoreFixture.manifest(config, config, ""));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(refused.body()).contains("DENIED", "immutable");
    assertThat(store.request("DELETE", "/v2/ci/app/manifests/pr-0").status()).isEqualTo(403);
  }
}
