package gantry.store;

import static gantry.store.StoreFixture.digest;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.oci.Digest;
import gantry.testing.RawClient.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The OCI distribution-spec 1.1, clause by clause; each test names the clause it is about.
@Timeout(60)
class ConformanceTest {
  private static final String UPLOADS = "/v2/team/app/blobs/uploads/";

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

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void assertError(Response response, int status, String code) {
    assertThat(response.status()).as(response.body()).isEqualTo(status);
    assertThat(response.body()).contains("\"code\":\"" + code + "\"");
  }

  /// "Determining Support": a registry answers `GET /v2/` with 200 or 401.
  @Test
  void end1_v2_is200() {
    assertThat(store.get("/v2/").status()).isEqualTo(200);
  }

  /// "Pulling manifests": `Docker-Content-Digest` and the Content-Type are the manifest's own.
  @Test
  void end3_manifestByTagAndDigest_areTheBytesPushed() {
    String manifest = store.pushImage("team/app", "v1", "layer");
    for (String reference : new String[] {"v1", digest(manifest).toString()}) {
      Response response = store.get("/v2/team/app/manifests/" + reference);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.body()).isEqualTo(manifest);
      assertThat(response.header("Content-Type")).isEqualTo(StoreFixture.OCI_MANIFEST);
      assertThat(response.header("Docker-Content-Digest")).isEqualTo(digest(manifest).toString());
    }
  }

  /// "Pulling manifests": "If the manifest is not found in the repository, the response code MUST
  /// be 404 Not Found."
  @Test
  void end3_unknownManifest_is404() {
    store.pushImage("team/app", "v1", "layer");
    assertError(store.get("/v2/team/app/manifests/v2"), 404, "MANIFEST_UNKNOWN");
    assertError(store.get("/v2/nobody/manifests/v2"), 404, "NAME_UNKNOWN");
  }

  /// "Checking if content exists in the registry": HEAD has the headers of GET, no body, and the
  /// length.
  @Test
  void end3_headOfManifest_hasLengthAndNoBody() {
    String manifest = store.pushImage("team/app", "v1", "layer");
    Response response = store.request("HEAD", "/v2/team/app/manifests/v1");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("Content-Length")).isEqualTo("" + manifest.length());
  }

  /// "Pulling blobs": 200 with the bytes; 404 `BLOB_UNKNOWN`.
  @Test
  void end2_blob_isTheBytesPushed() {
    Digest digest = store.pushBlob("team/app", bytes("hello"));
    Response response = store.get("/v2/team/app/blobs/" + digest);
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("hello");
    Response head = store.request("HEAD", "/v2/team/app/blobs/" + digest);
    assertThat(head.header("Content-Length")).isEqualTo("5");
    assertError(store.get("/v2/team/app/blobs/" + digest("other")), 404, "BLOB_UNKNOWN");
    assertError(store.get("/v2/another/blobs/" + digest), 404, "BLOB_UNKNOWN");
  }

  /// "Pulling blobs": "A registry SHOULD support the Range request header in accordance with RFC
  /// 9110."
  @Test
  void end2_range_isThatPart() {
    Digest digest = store.pushBlob("team/app", bytes("0123456789"));
    String path = "/v2/team/app/blobs/" + digest;
    Response part = store.request("GET", path, Map.of("Range", "bytes=2-4"), new byte[0]);
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.header("Content-Range")).isEqualTo("bytes 2-4/10");
    assertThat(part.body()).isEqualTo("234");
    assertThat(store.request("GET", path, Map.of("Range", "bytes=-3"), new byte[0]).body())
        .isEqualTo("789");
    assertThat(store.request("GET", path, Map.of("Range", "bytes=8-"), new byte[0]).body())
        .isEqualTo("89");
    Response beyond = store.request("GET", path, Map.of("Range", "bytes=10-"), new byte[0]);
    assertThat(beyond.status()).isEqualTo(416);
    assertThat(beyond.header("Content-Range")).isEqualTo("bytes */10");
    String tag = part.header("ETag");
    assertThat(store.request("GET", path, Map.of("If-None-Match", tag), new byte[0]).status())
        .isEqualTo(304);
  }

  /// "Pushing a blob monolithically", POST then PUT: 202 with a Location, 201 with the blob's.
  @Test
  void end4a_end6_postThenPut_storesTheBlob() {
    Response begun = store.request("POST", UPLOADS);
    assertThat(begun.status()).isEqualTo(202);
    Response put =
        store.request(
            "PUT", begun.header("Location") + "?digest=" + digest("abc"), Map.of(), bytes("abc"));
    assertThat(put.status()).isEqualTo(201);
    assertThat(put.header("Location")).isEqualTo("/v2/team/app/blobs/" + digest("abc"));
    assertThat(store.get(put.header("Location")).body()).isEqualTo("abc");
  }

  /// "Single POST": 201, the blob is there.
  @Test
  void end4b_postWithDigest_storesTheBlob() {
    Digest digest = store.pushBlob("team/app", bytes("abc"));
    assertThat(store.get("/v2/team/app/blobs/" + digest).body()).isEqualTo("abc");
  }

  /// "Pushing a blob in chunks": each PATCH answers 202 with where the next begins.
  @Test
  void end5_chunks_makeOneBlob() {
    String location = store.request("POST", UPLOADS).header("Location");
    Response first = patch(location, "0-2", "abc");
    assertThat(first.status()).isEqualTo(202);
    assertThat(first.header("Range")).isEqualTo("0-2");
    Response second = patch(first.header("Location"), "3-4", "de");
    assertThat(second.header("Range")).isEqualTo("0-4");
    Response put =
        store.request(
            "PUT",
            second.header("Location") + "?digest=" + digest("abcdef"),
            Map.of("Content-Range", "5-5"),
            bytes("f"));
    assertThat(put.status()).isEqualTo(201);
    assertThat(store.get("/v2/team/app/blobs/" + digest("abcdef")).body()).isEqualTo("abcdef");
  }

  private Response patch(String location, String range, String text) {
    return store.request("PATCH", location, Map.of("Content-Range", range), bytes(text));
  }

  /// "Pushing a blob in chunks": "If a chunk is uploaded out of order, the registry MUST respond
  /// with a 416 Requested Range Not Satisfiable code."
  @Test
  void end5_chunkOutOfOrder_is416AndNothingIsAppended() {
    String location = store.request("POST", UPLOADS).header("Location");
    patch(location, "0-2", "abc");
    Response overlapping = patch(location, "2-4", "cde");
    assertThat(overlapping.status()).isEqualTo(416);
    assertThat(overlapping.header("Range")).isEqualTo("0-2");
    assertThat(patch(location, "9-9", "x").status()).isEqualTo(416);
    assertThat(store.request("GET", location).header("Range")).isEqualTo("0-2");
    assertError(patch(location, "3-9", "d"), 400, "SIZE_INVALID");
  }

  /// "Pushing a blob in chunks": GET of the Location tells the progress with 204.
  @Test
  void end13_status_tellsWhatIsThere() {
    String location = store.request("POST", UPLOADS).header("Location");
    patch(location, "0-2", "abc");
    Response status = store.request("GET", location);
    assertThat(status.status()).isEqualTo(204);
    assertThat(status.header("Range")).isEqualTo("0-2");
    assertThat(status.header("Location")).isEqualTo(location);
  }

  /// "Canceling an upload": DELETE answers 204, and the upload is unknown from then on.
  @Test
  void end14_cancel_endsTheUpload() {
    String location = store.request("POST", UPLOADS).header("Location");
    assertThat(store.request("DELETE", location).status()).isEqualTo(204);
    assertError(store.request("GET", location), 404, "BLOB_UPLOAD_UNKNOWN");
    assertThat(dir.resolve("root/uploads")).isEmptyDirectory();
  }

  /// An upload goes on after the Store was restarted, from the byte where it stopped.
  @Test
  void end13_restarted_goesOn() throws IOException {
    String location = store.request("POST", UPLOADS).header("Location");
    patch(location, "0-2", "abc");
    store.close();
    open();
    assertThat(store.request("GET", location).header("Range")).isEqualTo("0-2");
    patch(location, "3-5", "def");
    String end = location + "?digest=" + digest("abcdef");
    assertThat(store.request("PUT", end, Map.of(), new byte[0]).status()).isEqualTo(201);
  }

  /// "Pushing blobs": the digest is verified; what does not match is refused and not kept.
  @Test
  void end6_wrongDigest_isRefusedAndNothingIsKept() throws IOException {
    String location = store.request("POST", UPLOADS).header("Location");
    Response put =
        store.request("PUT", location + "?digest=" + digest("other"), Map.of(), bytes("abc"));
    assertError(put, 400, "DIGEST_INVALID");
    assertError(store.request("GET", location), 404, "BLOB_UPLOAD_UNKNOWN");
    assertError(store.get("/v2/team/app/blobs/" + digest("other")), 404, "BLOB_UNKNOWN");
    assertThat(dir.resolve("root/blobs/sha256")).isEmptyDirectory();
    assertThat(dir.resolve("root/uploads")).isEmptyDirectory();
  }

  /// Descriptor, "Registered Algorithms": SHA-512 is one of them.
  @Test
  void end4b_sha512_isVerifiedToo() {
    java.security.MessageDigest hash = Digest.Algorithm.SHA512.newHash();
    hash.update(bytes("abc"));
    Digest digest = Digest.of(Digest.Algorithm.SHA512, hash);
    Response right = store.request("POST", UPLOADS + "?digest=" + digest, Map.of(), bytes("abc"));
    assertThat(right.status()).isEqualTo(201);
    assertThat(store.get("/v2/team/app/blobs/" + digest).body()).isEqualTo("abc");
    assertError(
        store.request("POST", UPLOADS + "?digest=" + digest, Map.of(), bytes("abd")),
        400,
        "DIGEST_INVALID");
  }

  /// "Mounting a blob from another repository": 201 if it is there, else 202 as an upload begun.
  @Test
  void end11_mount_sparesTheUpload() {
    Digest digest = store.pushBlob("team/base", bytes("abc"));
    String query = "?mount=" + digest + "&from=team/base";
    Response mounted = store.request("POST", UPLOADS + query);
    assertThat(mounted.status()).isEqualTo(201);
    assertThat(store.get(mounted.header("Location")).body()).isEqualTo("abc");
    Response absent = store.request("POST", UPLOADS + "?mount=" + digest("no") + "&from=team/base");
    assertThat(absent.status()).isEqualTo(202);
    assertThat(absent.header("Location")).startsWith(UPLOADS);
  }

  /// "Mounting a blob": a registry may look for the source itself where `from` is not given.
  @Test
  void end11_mountWithoutFrom_findsTheBlob() {
    Digest digest = store.pushBlob("team/base", bytes("abc"));
    assertThat(store.request("POST", UPLOADS + "?mount=" + digest).status()).isEqualTo(201);
  }

  /// "Pushing Manifests": 201, Location, digest; every blob it names must be there.
  @Test
  void end7_manifestOfAbsentBlobs_isRefused() {
    String manifest = StoreFixture.manifest(bytes("{}"), bytes("layer"), "");
    assertError(store.pushManifest("team/app", "v1", manifest), 404, "MANIFEST_BLOB_UNKNOWN");
    assertThat(store.get("/v2/team/app/manifests/v1").status()).isEqualTo(404);
    assertThat(dir.resolve("root/blobs/sha256")).isEmptyDirectory();
  }

  /// "Pushing Manifests": under a digest, the bytes must have it.
  @Test
  void end7_byWrongDigest_isRefused() {
    String manifest = store.pushImage("team/app", "v1", "layer");
    Response wrong = store.pushManifest("team/app", digest("x").toString(), manifest);
    assertError(wrong, 400, "DIGEST_INVALID");
  }

  /// "Pushing Manifests with Subject": `OCI-Subject` is answered, whether the subject is there or
  /// not.
  @Test
  void end7_subject_isAcknowledgedAndListed() {
    String image = store.pushImage("team/app", "v1", "layer");
    byte[] config = bytes("{}");
    byte[] layer = bytes("signature");
    store.pushBlob("team/app", config);
    store.pushBlob("team/app", layer);
    String more =
        ",\"artifactType\":\"application/x.signature\",\"annotations\":{\"by\":\"us\"},\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
            .formatted(StoreFixture.OCI_MANIFEST, digest(image), image.length());
    String signature = StoreFixture.manifest(config, layer, more);
    Response pushed = store.pushManifest("team/app", digest(signature).toString(), signature);
    assertThat(pushed.status()).isEqualTo(201);
    assertThat(pushed.header("OCI-Subject")).isEqualTo(digest(image).toString());

    Response all = store.get("/v2/team/app/referrers/" + digest(image));
    assertThat(all.header("Content-Type")).isEqualTo(StoreFixture.OCI_INDEX);
    assertThat(all.body())
        .contains(digest(signature).toString(), "application/x.signature", "\"by\":\"us\"");
    String filter = "/v2/team/app/referrers/" + digest(image) + "?artifactType=";
    Response fitting = store.get(filter + "application/x.signature");
    assertThat(fitting.header("OCI-Filters-Applied")).isEqualTo("artifactType");
    assertThat(fitting.body()).contains(digest(signature).toString());
    assertThat(store.get(filter + "application/x.sbom").body()).contains("\"manifests\":[]");
  }

  /// "Listing Referrers": "If the request is valid, the registry MUST NOT return a 404", the list
  /// is empty instead.
  @Test
  void end12_noReferrers_isAnEmptyIndex() {
    Response response = store.get("/v2/nobody/referrers/" + digest("x"));
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body()).contains("\"manifests\":[]", "\"schemaVersion\":2");
    assertError(store.get("/v2/nobody/referrers/latest"), 400, "DIGEST_INVALID");
  }

  /// "Listing Tags": in order, `n` of them, those after `last`, with a Link to the next page.
  @Test
  void end8_tags_arePaged() {
    for (String tag : new String[] {"b", "a", "c"}) {
      store.pushImage("team/app", tag, "layer");
    }
    assertThat(store.get("/v2/team/app/tags/list").body())
        .isEqualTo("{\"name\":\"team/app\",\"tags\":[\"a\",\"b\",\"c\"]}");
    Response page = store.get("/v2/team/app/tags/list?n=2");
    assertThat(page.body()).contains("[\"a\",\"b\"]");
    assertThat(page.header("Link")).isEqualTo("</v2/team/app/tags/list?n=2&last=b>; rel=\"next\"");
    Response rest = store.get("/v2/team/app/tags/list?n=2&last=b");
    assertThat(rest.body()).contains("[\"c\"]");
    assertThat(rest.header("Link")).isEmpty();
    assertThat(store.get("/v2/team/app/tags/list?n=0").body()).contains("\"tags\":[]");
    assertError(store.get("/v2/nobody/tags/list"), 404, "NAME_UNKNOWN");
  }

  /// "Deleting tags": 202; the manifest stays, under its digest.
  @Test
  void end9_deleteTag_leavesTheManifest() {
    String manifest = store.pushImage("team/app", "v1", "layer");
    assertThat(store.request("DELETE", "/v2/team/app/manifests/v1").status()).isEqualTo(202);
    assertThat(store.get("/v2/team/app/manifests/v1").status()).isEqualTo(404);
    assertThat(store.get("/v2/team/app/manifests/" + digest(manifest)).status()).isEqualTo(200);
  }

  /// "Deleting Manifests": 202; it and its tags are gone, and what it alone used is freed at once.
  @Test
  void end9_deleteManifest_freesItsLayers() throws IOException {
    String manifest = store.pushImage("team/app", "v1", "layer");
    String path = "/v2/team/app/manifests/" + digest(manifest);
    assertThat(store.request("DELETE", path).status()).isEqualTo(202);
    assertThat(store.get(path).status()).isEqualTo(404);
    assertThat(store.get("/v2/team/app/manifests/v1").status()).isEqualTo(404);
    assertThat(dir.resolve("root/blobs/sha256")).isEmptyDirectory();
    assertError(store.request("DELETE", path), 404, "MANIFEST_UNKNOWN");
  }

  /// What another repository has stays when one lets go of it.
  @Test
  void end9_deleteManifest_leavesWhatOthersHave() throws IOException {
    String manifest = store.pushImage("team/app", "v1", "layer");
    store.pushImage("team/copy", "v1", "layer");
    store.request("DELETE", "/v2/team/app/manifests/" + digest(manifest));
    assertThat(store.get("/v2/team/copy/blobs/" + digest("layer")).body()).isEqualTo("layer");
    try (Stream<Path> files = Files.list(dir.resolve("root/blobs/sha256"))) {
      assertThat(files).hasSize(3);
    }
  }

  /// "Deleting Blobs": 202, then 404; not while a manifest names it.
  @Test
  void end10_deleteBlob_unlessItIsNamed() {
    Digest digest = store.pushBlob("team/app", bytes("alone"));
    String path = "/v2/team/app/blobs/" + digest;
    assertThat(store.request("DELETE", path).status()).isEqualTo(202);
    assertError(store.get(path), 404, "BLOB_UNKNOWN");
    store.pushImage("team/app", "v1", "layer");
    assertError(
        store.request("DELETE", "/v2/team/app/blobs/" + digest("layer")), 405, "UNSUPPORTED");
  }

  /// "Error Codes": NAME_INVALID for names outside of the grammar.
  @Test
  void errors_badNames_areRefused() {
    for (String name : new String[] {"Upper", "a//b", "a..b", "-a", "a/../b", "a%2f%2e%2e%2fb"}) {
      assertError(store.get("/v2/" + name + "/manifests/v1"), 400, "NAME_INVALID");
    }
    assertError(store.get("/v2/a/blobs/sha256:..%2f..%2fgantry.db"), 404, "NAME_UNKNOWN");
    assertError(store.get("/v2/a/blobs/sha256:abc"), 400, "DIGEST_INVALID");
    assertError(store.request("GET", "/v2/a/blobs/uploads/..%2f..%2fx"), 404, "NAME_UNKNOWN");
    assertError(
        store.request("PATCH", "/v2/a/blobs/uploads/gantry.db"), 404, "BLOB_UPLOAD_UNKNOWN");
  }

  /// "Pushing Manifests": what is no manifest is refused, and costs no more than its size.
  @Test
  void errors_badManifests_areRefused() {
    store.pushImage("team/app", "v1", "layer");
    for (String bad :
        new String[] {
          "",
          "{",
          "[]",
          "null",
          "{}",
          "[".repeat(100_000),
          "{\"schemaVersion\":1}",
          "{\"a\":".repeat(9999)
        }) {
      assertError(store.pushManifest("team/app", "bad", bad), 400, "MANIFEST_INVALID");
    }
    String large = " ".repeat((4 << 20) + 1);
    assertThat(store.pushManifest("team/app", "bad", large).status()).isEqualTo(413);
    assertThat(store.get("/v2/team/app/manifests/bad").status()).isEqualTo(404);
  }

  /// `_catalog`, of Docker's registry: names in order, paged.
  @Test
  void catalog_isPaged() {
    store.pushImage("b", "v1", "layer");
    store.pushImage("a", "v1", "layer");
    Response page = store.get("/v2/_catalog?n=1");
    assertThat(page.body()).isEqualTo("{\"repositories\":[\"a\"]}");
    assertThat(page.header("Link")).isEqualTo("</v2/_catalog?n=1&last=a>; rel=\"next\"");
    assertThat(store.get("/v2/_catalog?n=1&last=a").body()).isEqualTo("{\"repositories\":[\"b\"]}");
  }
}
