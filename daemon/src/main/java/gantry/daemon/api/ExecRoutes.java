package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonWriter;
import gantry.engine.container.Attachment;
import gantry.engine.container.Containers;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.ExecView;
import gantry.engine.container.TerminalSize;
import gantry.http.RawStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Further programs in running containers.
final class ExecRoutes {
  private ExecRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("POST", "/containers/{id}/exec", ExecRoutes::create)
        .add("POST", "/exec/{id}/start", ExecRoutes::start)
        .add("POST", "/exec/{id}/resize", ExecRoutes::resize)
        .add("GET", "/exec/{id}/json", ExecRoutes::inspect);
  }

  private static void create(Call call) throws IOException {
    JsonObject json = call.requiredJson().orElseGet(JsonObject::empty);
    List<String> command = json.stringOrStrings("Cmd").orElse(List.of());
    if (command.isEmpty()) {
      throw Call.invalid("No exec command specified");
    }
    ExecSpec spec =
        new ExecSpec(
            command,
            json.strings("Env"),
            json.text("WorkingDir"),
            json.text("User"),
            json.flag("Privileged"),
            json.flag("Tty"),
            json.flag("AttachStdin"),
            json.flag("AttachStdout"),
            json.flag("AttachStderr"),
            consoleSize(call, json),
            json.someText("DetachKeys"));
    String id = call.engine().containers().createExec(call.variable("id"), spec);
    call.reply(201, new JsonWriter().object().put("Id", id).end());
  }

  private static TerminalSize consoleSize(Call call, JsonObject json) {
    return call.version().since(42) ? ContainerDecoder.consoleSize(json) : TerminalSize.UNKNOWN;
  }

  private static void start(Call call) throws Exception {
    JsonObject json = call.json();
    Containers containers = call.engine().containers();
    String id = call.variable("id");
    boolean terminal = json.flag("Tty");
    TerminalSize size = consoleSize(call, json);
    if (json.flag("Detach")) {
      containers.startExecDetached(id);
      call.reply(200);
      return;
    }
    ExecView exec = containers.exec(id);
    boolean stdin = exec.spec().attachStdin();
    // The frames follow what this request says of a terminal, not what the exec has.
    Session session = new Session(out -> new StdCopy(out, !terminal, true));
    AtomicReference<@Nullable RawStream> taken = new AtomicReference<>();
    try {
      Attachment attachment =
          containers.startExec(id, size, () -> taken.set(open(call, terminal, session)), session);
      RawStream raw = taken.get();
      if (raw == null) {
        attachment.close();
        throw new IllegalStateException("exec " + id + " was started without a word");
      }
      session.run(raw, raw.input(), stdin, attachment);
    } catch (RuntimeException e) {
      session.failed(e);
      if (taken.get() == null && exec.started()) {
        // dockerd finds this out when it has taken the connection over.
        taken.set(open(call, terminal, session));
      }
      RawStream raw = taken.get();
      if (raw == null) {
        throw e;
      }
      StreamRoutes.tell(raw.output(), !terminal, e);
    } finally {
      RawStream raw = taken.get();
      if (raw != null) {
        raw.close();
      }
    }
  }

  private static RawStream open(Call call, boolean terminal, Session session) {
    try {
      String type = StreamRoutes.contentType(call.version(), terminal);
      RawStream raw = StreamRoutes.takeOver(call, type, true);
      session.opened(raw.output());
      return raw;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void resize(Call call) {
    call.engine().containers().resizeExec(call.variable("id"), ContainerRoutes.terminalSize(call));
    call.reply(200);
  }

  private static void inspect(Call call) {
    ExecView exec = call.engine().containers().exec(call.variable("id"));
    ExecSpec spec = exec.spec();
    JsonWriter json = new JsonWriter().object().put("ID", exec.id()).put("Running", exec.running());
    if (exec.exitCode().isPresent()) {
      json.put("ExitCode", exec.exitCode().getAsInt());
    } else {
      json.putNull("ExitCode");
    }
    json.object("ProcessConfig").put("tty", spec.terminal());
    json.put("entrypoint", spec.command().getFirst());
    json.put("arguments", spec.command().subList(1, spec.command().size()));
    json.put("privileged", spec.privileged()).putSome("user", spec.user()).end();
    json.put("OpenStdin", spec.attachStdin()).put("OpenStderr", spec.attachStderr());
    json.put("OpenStdout", spec.attachStdout()).put("CanRemove", false);
    json.put("ContainerID", exec.containerId());
    json.put("DetachKeys", spec.detachKeys().orElse("")).put("Pid", exec.pid());
    call.reply(json.end());
  }
}
