package gantry.store;

import static gantry.store.StoreFixture.digest;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.testing.RawClient.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The pages for people.
@Timeout(60)
class PagesTest {
  @TempDir Path dir;
  private StoreFixture store;

  @BeforeEach
  void open() throws IOException {
    store = StoreFixture.open(StoreConfig.of(dir.resolve("root"), true), dir.resolve("s"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void list_showsAndSearches() {
    store.pushImage("team/app", "v1", "layer");
    store.pushImage("team/web", "v1", "layer");
    assertThat(store.get("/").body()).contains("team/app", "team/web");
    assertThat(store.get("/?q=WEB").body()).contains("team/web").doesNotContain("team/app");
  }

  @Test
  void image_showsLayersConfigAndHowToPull() {
    String manifest = store.pushImage("team/app", "v1", "layer");
    assertThat(store.get("/r/team/app").body())
        .contains("<a href=\"/r/team/app:v1\">v1</a>", "linux/amd64", "anonymous");
    String page = store.get("/r/team/app:v1").body();
    assertThat(page)
        .contains("docker pull store.test/team/app:v1", digest(manifest).toString(), "<rect");
    assertThat(store.get("/r/team/app@" + digest(manifest)).status()).isEqualTo(200);
    assertThat(store.get("/r/team/app:no").status()).isEqualTo(404);
    assertThat(store.get("/nothing").status()).isEqualTo(404);
  }

  @Test
  void readme_isShownOnceItIsSent() {
    store.pushImage("team/app", "v1", "layer");
    byte[] text = "# What <it> is".getBytes(StandardCharsets.UTF_8);
    String path = "/v2/team/app/_gantry/readme";
    assertThat(store.request("PUT", path, Map.of(), text).status()).isEqualTo(204);
    assertThat(store.get("/r/team/app").body()).contains("# What &lt;it&gt; is");
  }

  @Test
  void whateverSomebodyWrites_isText() {
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    store.pushBlob("team/app", config);
    String more =
        ",\"annotations\":{\"org.opencontainers.image.description\":\"<script>alert(1)</script>\",\"<b>\":\"\\\"'&\"}";
    assertThat(
            store
                .pushManifest("team/app", "v1", StoreFixture.manifest(config, config, more))
                .status())
        .isEqualTo(201);
    for (String page : new String[] {"/", "/r/team/app", "/r/team/app:v1", "/?q=%3Cscript%3E%22"}) {
      Response response = store.get(page);
      assertThat(response.body()).doesNotContain("<script", "<b>:", "&page=1\"<");
      assertThat(response.header("Content-Security-Policy")).startsWith("default-src 'none'");
    }
    assertThat(store.get("/r/team/app:v1").body()).contains("&lt;script&gt;alert(1)");
  }
}
