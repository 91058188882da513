package gantry.store;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.testing.RawClient.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Users, tokens and rules, as a docker client meets them.
@Timeout(60)
class AccessTest {
  // Made by htpasswd -nbBC 5 alice s3cret (apache2-utils 2.4).
  private static final String HTPASSWD =
      "alice:$2y$05$QoLGIJIzkKmjhDBS.6rTuuQGWkK/V7feLnLNbrPFMO3P3CAVivAju\n";
  private static final String UPLOADS = "/v2/team/app/blobs/uploads/";

  @TempDir Path dir;
  private StoreFixture store;

  @BeforeEach
  void open() throws IOException {
    Files.writeString(dir.resolve("htpasswd"), HTPASSWD);
    Files.writeString(
        dir.resolve("store.json"),
        """
        {"htpasswd": "htpasswd",
         "rights": [
           {"repository": "team/**", "who": ["alice"], "may": ["pull", "push", "delete"]},
           {"repository": "public/*", "who": ["*"], "may": ["pull"]},
           {"repository": "public/*", "who": ["@users"], "may": ["push"]}],
         "immutable": [{"repository": "team/prod", "tags": "v*"}],
         "quotas": [{"repository": "team/small", "bytes": 100}]}
        """);
    StoreConfig config = StoreConfig.read(dir.resolve("root"), dir.resolve("store.json"), true);
    store = StoreFixture.open(config, dir.resolve("s"));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static String basic(String name, String password) {
    byte[] bytes = (name + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(bytes);
  }

  private Response as(String authorization, String method, String path) {
    return store.request(method, path, Map.of("Authorization", authorization), new byte[0]);
  }

  private String token(String authorization, String scope) {
    Response response = as(authorization, "GET", "/token?service=gantry-store&scope=" + scope);
    assertThat(response.status()).as(response.body()).isEqualTo(200);
    return "Bearer " + response.body().replaceAll(".*\"token\":\"([^\"]+)\".*", "$1");
  }

  @Test
  void v2_anonymous_isChallenged() {
    Response response = store.get("/v2/");
    assertThat(response.status()).isEqualTo(401);
    assertThat(response.header("WWW-Authenticate"))
        .isEqualTo("Bearer realm=\"http://store.test/token\",service=\"gantry-store\"");
  }

  @Test
  void push_anonymous_isChallengedWithItsScope() {
    Response response = store.request("POST", UPLOADS);
    assertThat(response.status()).isEqualTo(401);
    assertThat(response.header("WWW-Authenticate"))
        .contains("scope=\"repository:team/app:pull,push\"");
  }

  @Test
  void login_rightAndWrongPassword() {
    assertThat(as(basic("alice", "s3cret"), "GET", "/v2/").status()).isEqualTo(200);
    assertThat(as(basic("alice", "s3cret"), "GET", "/token").status()).isEqualTo(200);
    assertThat(as(basic("alice", "wrong"), "GET", "/token").status()).isEqualTo(401);
    assertThat(as(basic("bob", "s3cret"), "GET", "/v2/").status()).isEqualTo(401);
    assertThat(as("Basic !", "GET", "/v2/").status()).isEqualTo(401);
    assertThat(as("Bearer x.y.z", "GET", "/v2/").status()).isEqualTo(401);
  }

  @Test
  void token_allowsWhatItWasMadeFor() {
    String alice = basic("alice", "s3cret");
    String both = token(alice, "repository:team/app:pull,push");
    assertThat(as(both, "POST", UPLOADS).status()).isEqualTo(202);
    String pull = token(alice, "repository:team/app:pull");
    Response more = as(pull, "POST", UPLOADS);
    assertThat(more.status()).isEqualTo(401);
    assertThat(more.header("WWW-Authenticate")).contains("pull,push");
    assertThat(as(both, "POST", "/v2/team/other/blobs/uploads/").status()).isEqualTo(401);
    assertThat(as(both + "x", "POST", UPLOADS).status()).isEqualTo(401);
  }

  @Test
  void token_ofNobody_allowsWhatEverybodyMay() {
    Response given = store.get("/token?scope=repository:public/a:pull,push");
    String token = "Bearer " + given.body().replaceAll(".*\"token\":\"([^\"]+)\".*", "$1");
    assertThat(as(token, "GET", "/v2/public/a/manifests/v1").status()).isEqualTo(404);
    assertThat(as(token, "POST", "/v2/public/a/blobs/uploads/").status()).isEqualTo(401);
  }

  @Test
  void rule_notForThatUser_isDenied() {
    Response response = as(basic("alice", "s3cret"), "POST", "/v2/other/app/blobs/uploads/");
    assertThat(response.status()).isEqualTo(403);
    assertThat(response.body()).contains("DENIED");
  }

  @Test
  void robot_mayWhatItWasMadeFor_untilItIsRemoved() throws IOException {
    Administration owner = new Administration(store.store());
    Map<String, String> asked =
        Map.of("name", "ci", "may", "pull,push", "repository", "team/*", "days", "1");
    Object answer = owner.answer("POST /robots", name -> asked.getOrDefault(name, ""));
    String token = answer.toString().replaceAll(".*token=([^,}]+).*", "$1");
    String robot = basic("robot+ci", token);
    assertThat(as(robot, "POST", UPLOADS).status()).isEqualTo(202);
    assertThat(as(robot, "DELETE", "/v2/team/app/manifests/v1").status()).isEqualTo(403);
    assertThat(Files.readString(dir.resolve("root/robots.json"))).doesNotContain(token);
    Object removed = owner.answer("DELETE /robots", name -> asked.getOrDefault(name, ""));
    assertThat(removed).isEqualTo(Map.of("removed", true));
    assertThat(as(robot, "POST", UPLOADS).status()).isEqualTo(401);
  }

  @Test
  void audit_tellsWhoDidWhat_andNoSecret() throws IOException {
    assertThat(as(basic("alice", "s3cret"), "POST", UPLOADS).status()).isEqualTo(202);
    assertThat(as(basic("alice", "wr0ng"), "GET", "/token").status()).isEqualTo(401);
    String log = Files.readString(dir.resolve("root/audit.log"));
    assertThat(log).contains("\"who\":\"alice\"", UPLOADS, "\"status\":401");
    assertThat(log).doesNotContain("s3cret").doesNotContain("wr0ng").doesNotContain("Basic");
  }

  @Test
  void quota_moreThanThat_isDenied() {
    Response response =
        store.request(
            "POST",
            "/v2/team/small/blobs/uploads/?digest=" + StoreFixture.digest("x".repeat(101)),
            Map.of("Authorization", basic("alice", "s3cret")),
            "x".repeat(101).getBytes(StandardCharsets.UTF_8));
    assertThat(response.status()).as(response.body()).isEqualTo(403);
  }

  @Test
  void page_ofAClosedRepository_asksForAPassword() {
    Response response = store.get("/r/team/app");
    assertThat(response.status()).isEqualTo(401);
    assertThat(response.header("WWW-Authenticate")).startsWith("Basic");
    assertThat(as(basic("alice", "s3cret"), "GET", "/r/team/app").status()).isEqualTo(404);
  }
}
