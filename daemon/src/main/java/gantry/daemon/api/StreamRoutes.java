package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Containers;
import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink;
import gantry.engine.container.Stats;
import gantry.http.Exchange;
import gantry.http.RawStream;
import gantry.oci.FormatException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/// What goes on for as long as a container does: its output, its figures, a terminal on it.
final class StreamRoutes {
  private static final Duration HEAD_PATIENCE = Duration.ofSeconds(1);
  private static final String RAW = "application/vnd.docker.raw-stream";
  private static final String MULTIPLEXED = "application/vnd.docker.multiplexed-stream";
  private static final Duration STATS_INTERVAL = Duration.ofSeconds(1);

  private StreamRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("GET", "/containers/{id}/logs", StreamRoutes::logs)
        .add("GET", "/containers/{id}/stats", StreamRoutes::stats)
        .add("POST", "/containers/{id}/attach", StreamRoutes::attach)
        .add("GET", "/containers/{id}/attach/ws", StreamRoutes::attachWebSocket);
  }

  /// The type of a stream that was asked for in this version.
  static String contentType(ApiVersion version, boolean terminal) {
    return version.since(42) && !terminal ? MULTIPLEXED : RAW;
  }

  private static void logs(Call call) throws Exception {
    if (!call.flag("stdout") && !call.flag("stderr")) {
      throw Call.invalid("Bad parameters: you must choose at least one stream");
    }
    Containers containers = call.engine().containers();
    ContainerView container = containers.find(call.variable("id"));
    boolean terminal = container.spec().program().terminal();
    boolean follow = call.flag("follow");
    LogQuery query =
        new LogQuery(
            call.flag("stdout"),
            call.flag("stderr"),
            follow,
            call.flag("timestamps"),
            call.flag("details"),
            GoTime.unix("since", call.text("since")),
            GoTime.unix("until", call.text("until")),
            tail(call.text("tail")));
    Session session = new Session(out -> new StdCopy(out, !terminal, follow));
    try (var _ = call.exchange().interruptWhenClientGoes()) {
      containers.logs(
          container.id(),
          query,
          () -> begin(call.exchange(), contentType(call.version(), terminal), session),
          session);
    }
  }

  // Everything for what is no number, and for a negative one.
  private static OptionalInt tail(String text) {
    return text.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
  }

  private static void begin(Exchange exchange, String type, Session session) {
    try {
      OutputStream out = exchange.stream(200, type);
      out.flush();
      session.opened(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void attach(Call call) throws Exception {
    try {
      attachOrThrow(call);
    } catch (EngineException | FormatException e) {
      if (call.exchange().committed()) {
        throw e;
      }
      refuseRaw(call, e);
    }
  }

  // A failed attach is answered on the taken connection, in plain text: so dockerd does.
  private static void refuseRaw(Call call, RuntimeException failure) throws IOException {
    String status = Exchange.statusLine(DockerApi.statusOf(failure));
    try (RawStream raw = call.exchange().takeOver(status, Map.of("Content-Type", RAW), false)) {
      raw.output().write((DockerApi.message(failure) + "\r\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void attachOrThrow(Call call) throws Exception {
    ContainerView container = call.engine().containers().find(call.variable("id"));
    boolean terminal = container.spec().program().terminal();
    AttachOptions options = options(call);
    Session session = new Session(out -> new StdCopy(out, !terminal, true));
    Attachment attachment = join(call, container, options, session);
    try (RawStream raw = takeOver(call, contentType(call.version(), terminal), false)) {
      session.opened(raw.output());
      session.run(raw, raw.input(), options.stdin(), attachment);
    } catch (IOException | RuntimeException e) {
      session.failed(e);
      attachment.close();
      throw e;
    }
  }

  private static AttachOptions options(Call call) {
    return new AttachOptions(
        call.flag("stdin"),
        call.flag("stdout"),
        call.flag("stderr"),
        call.flag("logs"),
        call.flag("stream"),
        call.some("detachKeys"));
  }

  private static Attachment join(
      Call call, ContainerView container, AttachOptions options, OutputSink sink) {
    return call.engine().containers().attach(container.id(), options, sink);
  }

  /// Takes the connection over as Docker's clients expect it: 101 for one that asked to upgrade, to
  /// whatever, else 200.
  ///
  /// Docker's library for Python reads the head through a buffer and what follows beneath it: data
  /// that came by then is lost to it. With dockerd it is quicker than the data; here it is waited
  /// for.
  static RawStream takeOver(Call call, String upgradedType, boolean ordinaryHeaders)
      throws IOException {
    RawStream raw = taken(call, upgradedType, ordinaryHeaders);
    String client = call.exchange().header("User-Agent").orElse("");
    if (client.startsWith("docker-sdk-python/") || client.startsWith("docker-compose/1.")) {
      try {
        raw.awaitRead(HEAD_PATIENCE);
      } catch (InterruptedException e) {
        raw.close();
        Thread.currentThread().interrupt();
        throw new IOException("interrupted before the client had read the head", e);
      }
    }
    return raw;
  }

  private static RawStream taken(Call call, String upgradedType, boolean ordinaryHeaders)
      throws IOException {
    Map<String, String> headers = new LinkedHashMap<>();
    if (call.exchange().header("Upgrade").isEmpty()) {
      headers.put("Content-Type", RAW);
      return call.exchange().takeOver("200 OK", headers, ordinaryHeaders);
    }
    headers.put("Content-Type", upgradedType);
    headers.put("Connection", "Upgrade");
    headers.put("Upgrade", "tcp");
    return call.exchange().takeOver("101 UPGRADED", headers, ordinaryHeaders);
  }

  private static void attachWebSocket(Call call) throws Exception {
    Map<String, String> upgrade = WebSocket.upgrade(call.exchange());
    ContainerView container = call.engine().containers().find(call.variable("id"));
    boolean all = call.version().before(42);
    AttachOptions asked = options(call);
    AttachOptions options =
        new AttachOptions(
            all || asked.stdin(),
            all || asked.stdout(),
            all || asked.stderr(),
            asked.logs(),
            asked.stream(),
            asked.detachKeys());
    Session session = new Session(out -> (OutputSink) (_, b, o, n) -> out.write(b, o, n));
    Attachment attachment = join(call, container, options, session);
    try (RawStream raw = call.exchange().takeOver("101 Switching Protocols", upgrade, false);
        WebSocket socket = new WebSocket(raw, call.version().since(28))) {
      session.opened(socket.output());
      session.run(raw, socket.input(), options.stdin(), attachment);
    } catch (IOException | RuntimeException e) {
      session.failed(e);
      attachment.close();
      throw e;
    }
  }

  private static void stats(Call call) throws Exception {
    boolean stream = call.flag("stream", true);
    boolean oneShot = call.version().since(41) && call.flag("one-shot");
    if (stream && oneShot) {
      throw Call.invalid("cannot have stream=true and one-shot=true");
    }
    Containers containers = call.engine().containers();
    String id = containers.find(call.variable("id")).id();
    if (stream) {
      streamStats(call, id);
      return;
    }
    Optional<Stats> first = containers.stats(id);
    Optional<Stats> second = first;
    if (first.isPresent() && !oneShot) {
      try (var _ = call.exchange().interruptWhenClientGoes()) {
        Thread.sleep(STATS_INTERVAL);
      }
      second = containers.stats(id);
    }
    Optional<Stats> before = oneShot ? Optional.empty() : first;
    call.reply(StatsJson.write(containers.find(id), second, before));
  }

  private static void streamStats(Call call, String id) throws Exception {
    Containers containers = call.engine().containers();
    Optional<Stats> before = Optional.empty();
    try (var _ = call.exchange().interruptWhenClientGoes();
        OutputStream out = call.exchange().stream(200, "application/json")) {
      out.flush();
      while (true) {
        ContainerView container = containers.find(id);
        Optional<Stats> now = containers.stats(id);
        if (now.isPresent()) {
          JsonWriter json = StatsJson.write(container, now, before);
          json.writeTo(out, "\n");
          out.flush();
        }
        before = now;
        Thread.sleep(STATS_INTERVAL);
      }
    } catch (EngineException e) {
      if (e.kind() != ErrorKind.NOT_FOUND) {
        throw e;
      }
      // Removed: that is the end of the stream.
    } catch (InterruptedException | InterruptedIOException _) {
      // So is a client that is gone.
    }
  }

  /// Tells of a failure where the status has been sent already.
  static void tell(OutputStream out, boolean framed, Throwable failure) throws IOException {
    byte[] text = (DockerApi.message(failure) + "\r\n").getBytes(StandardCharsets.UTF_8);
    new StdCopy(out, framed, true).accept(OutputSink.Stream.STDOUT, text, 0, text.length);
  }
}
