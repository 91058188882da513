package gantry.cli.image;

import gantry.cli.api.Daemon;
import gantry.cli.api.Query;
import gantry.cli.command.Session;
import gantry.cli.create.ImageName;
import gantry.cli.http.Request;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.Progress;
import gantry.cli.terminal.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// Asks the daemon to pull images.
///
/// @param platform `os[/arch[/variant]]`, or empty for the daemon's own
public record Pull(Session session, String platform) {

  private static final String HUB_ACCOUNT = "https://index.docker.io/v1/";

  /// Pulls and shows the progress on standard error: standard output is the container's.
  public void shownAside(ImageName image) throws IOException {
    Progress.show(open(image, image.tagOrDigest()), session.err(), StandardStream.ERR.isTerminal());
  }

  /// Pulls and shows the progress on standard output.
  public void shown(ImageName image) throws IOException {
    Progress.show(open(image, image.tagOrDigest()), session.out(), StandardStream.OUT.isTerminal());
  }

  /// Pulls and shows nothing.
  public void silently(ImageName image) throws IOException {
    Progress.discard(open(image, image.tagOrDigest()));
  }

  /// Pulls every tag of a repository and shows the progress on standard output.
  public void allTags(ImageName image) throws IOException {
    Progress.show(open(image, ""), session.out(), StandardStream.OUT.isTerminal());
  }

  private InputStream open(ImageName image, String tag) throws IOException {
    Query query =
        Query.of("/images/create")
            .add("fromImage", image.name())
            .optional("platform", platform)
            .optional("tag", tag);
    Daemon daemon = session.daemon();
    Request request = daemon.request("POST", query);
    String account = account(image);
    return daemon
        .open(account.isEmpty() ? request : request.header("X-Registry-Auth", account))
        .body();
  }

  /// The user's account at the image's registry, as the API takes it; empty when there is none in
  /// the settings.
  private String account(ImageName image) throws IOException {
    String registry = image.name().substring(0, image.name().indexOf('/'));
    String key = registry.equals("docker.io") ? HUB_ACCOUNT : registry;
    JsonObject stored = session.config().values().object("auths").object(key);
    String auth = stored.text("auth");
    if (auth.isEmpty() && stored.text("identitytoken").isEmpty()) {
      return "";
    }
    String decoded =
        auth.isEmpty() ? ":" : new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
    int colon = decoded.indexOf(':');
    JsonObject account = JsonObject.create().put("serveraddress", key);
    if (colon > 0) {
      account
          .put("username", decoded.substring(0, colon))
          .put("password", decoded.substring(colon + 1));
    }
    if (!stored.text("identitytoken").isEmpty()) {
      account.put("identitytoken", stored.text("identitytoken"));
    }
    return Base64.getUrlEncoder()
        .encodeToString(Json.write(account, Json.Escaping.PLAIN).getBytes(StandardCharsets.UTF_8));
  }
}
