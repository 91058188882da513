package gantry.daemon.build;

import gantry.build.BuildEvent;
import gantry.build.BuildException;
import gantry.build.BuildListener;
import gantry.build.Builds;
import gantry.daemon.json.JsonWriter;
import gantry.oci.Reference;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;

/// The answer to `POST /gantry/build`: a line for each event, and one for what came of it. See
/// docs/build-protocol.md.
///
/// A client that does not read any more is the affair of whoever watches the connection: then this
/// says nothing more.
public final class BuildLines implements BuildListener {
  /// The media type of the answer.
  public static final String MEDIA_TYPE = "application/x-ndjson";

  private final OutputStream out;
  private boolean broken;

  public BuildLines(OutputStream out) {
    this.out = out;
  }

  @Override
  public void on(BuildEvent event) {
    send(EventJson.of(event));
  }

  /// The image is made.
  public void built(Builds.Built built, List<Reference> tags) {
    JsonWriter json = new JsonWriter().object().put("event", "built");
    json.put("image", built.image().toString());
    send(json.put("tags", tags.stream().map(Reference::toString).toList()).end());
  }

  /// The Dockerfile is checked.
  public void checked(List<BuildEvent.Warned> warnings) {
    warnings.forEach(this::on);
    send(new JsonWriter().object().put("event", "checked").end());
  }

  /// There will be no image.
  public void failed(BuildException.Kind kind, String message) {
    JsonWriter json = new JsonWriter().object().put("event", "failed");
    send(json.put("kind", kind.name().toLowerCase(Locale.ROOT)).put("message", message).end());
  }

  private synchronized void send(JsonWriter json) {
    if (broken) {
      return;
    }
    try {
      json.writeTo(out, "\n");
      out.flush();
    } catch (IOException _) {
      broken = true;
    }
  }
}
