package gantry.daemon;

import gantry.daemon.api.DockerApi;
import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.container.ContainerView;
import gantry.http.HttpServer;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rehearses the life of a container while a young daemon has nothing else to do, so that the
/// user's first container meets compiled code: a cold start takes three times as long as a warm
/// one.
///
/// The stage is a second engine with a folder, a socket and groups of its own and without networks,
/// so that nothing of it is seen in the daemon's own lists, events and names. It takes about two
/// seconds of processor time, and steps back while requests come in. What a killed daemon leaves of
/// it, the next rehearsal repairs as any engine repairs its state, and removes.
final class Rehearsal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
  private static final String FOLDER = "rehearsal";
  private static final int ROUNDS = 40;
  private static final long QUIET_NANOS = Duration.ofMillis(100).toNanos();
  private static final long PAUSE_MILLIS = 20;
  private static final Pattern ID = Pattern.compile("\"Id\":\"([0-9a-f]+)\"");
  private static final String SLEEPER =
      """
      {"Image":"busybox","Cmd":["sleep","9"],"HostConfig":{"NetworkMode":"none"}}""";
  private static final String SHORT =
      """
      {"Image":"busybox","Cmd":["true"],"HostConfig":{"NetworkMode":"none"}}""";

  private final Path root;
  private final EngineConfig config;
  private final Path image;
  private final LongSupplier lastRequest;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  private Rehearsal(EngineConfig ordinary, LongSupplier lastRequest) {
    root = ordinary.execRoot().resolve(FOLDER);
    config = ordinary.apart(root);
    image = ordinary.bundledImages().orElse(root).resolve("busybox.tar");
    this.lastRequest = lastRequest;
    thread = Thread.ofPlatform().daemon().name(FOLDER).unstarted(this::run);
  }

  /// Begins in a thread of its own.
  ///
  /// @param ordinary the daemon's engine
  /// @param lastRequest when the last request to the daemon began, by [System#nanoTime]
  static Rehearsal begin(EngineConfig ordinary, LongSupplier lastRequest) {
    Rehearsal rehearsal = new Rehearsal(ordinary, lastRequest);
    rehearsal.thread.start();
    return rehearsal;
  }

  private void run() {
    try {
      if (Files.exists(image) || Files.exists(root)) {
        rehearse();
      }
      LOG.debug("the rehearsal has ended");
    } catch (IOException | RuntimeException e) {
      LOG.debug("the rehearsal was cut short", e);
    }
  }

  private void rehearse() throws IOException {
    Path socket = root.resolve("socket");
    Files.createDirectories(root);
    Files.deleteIfExists(socket);
    try (Engine engine = Engine.open(config);
        HttpServer server =
            HttpServer.open(new DockerApi(() -> engine), DockerApi.ordinaryHeaders())) {
      removeContainers(engine);
      if (Files.exists(image)) {
        server.listen(socket);
        rehearse(socket);
        removeContainers(engine);
      }
    }
    try (OwnedFd parent = At.openDirectory(Fd.CWD, String.valueOf(root.getParent()))) {
      FileTree.remove(parent, FOLDER);
    }
    System.gc(); // a resting daemon collects nothing: what this took would stay with it for long
  }

  private static void removeContainers(Engine engine) {
    for (ContainerView container : engine.containers().list()) {
      engine.containers().remove(container.id(), true, true);
    }
  }

  private void rehearse(Path socket) throws IOException {
    if (!goOn()) {
      return;
    }
    request(socket, "POST", "/images/load?quiet=1", "application/x-tar", Files.readAllBytes(image));
    for (int round = 0; round < ROUNDS; round++) {
      if (!goOn()) {
        return;
      }
      live(socket, SLEEPER, true);
      if (!goOn()) {
        return;
      }
      live(socket, SHORT, false);
    }
  }

  /// From its create to its removal.
  private static void live(Path socket, String spec, boolean stays) throws IOException {
    String container = "/containers/" + id(post(socket, "/containers/create", spec));
    post(socket, container + "/start", "");
    request(socket, "GET", "/_ping", "", new byte[0]);
    request(socket, "GET", "/containers/json?all=1", "", new byte[0]);
    if (stays) {
      String exec =
          id(post(socket, container + "/exec", "{\"AttachStdout\":true,\"Cmd\":[\"true\"]}"));
      post(socket, "/exec/" + exec + "/start", "{}");
    } else {
      post(socket, container + "/wait", "");
    }
    request(socket, "GET", container + "/json", "", new byte[0]);
    request(socket, "DELETE", container + "?force=1", "", new byte[0]);
  }

  private static String id(String json) throws IOException {
    Matcher id = ID.matcher(json);
    if (!id.find()) {
      throw new IOException("expected an id, got " + json);
    }
    return id.group(1);
  }

  private static String post(Path socket, String path, String json) throws IOException {
    return request(socket, "POST", path, "application/json", json.getBytes(StandardCharsets.UTF_8));
  }

  private static String request(Path socket, String method, String path, String type, byte[] body)
      throws IOException {
    String head =
        "%s /v1.51%s HTTP/1.1\r\nHost: rehearsal\r\nConnection: close\r\n".formatted(method, path)
            + (type.isEmpty()
                ? "\r\n"
                : "Content-Type: %s\r\nContent-Length: %d\r\n\r\n".formatted(type, body.length));
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      write(channel, head.getBytes(StandardCharsets.UTF_8));
      write(channel, body);
      byte[] answer = Channels.newInputStream(channel).readAllBytes();
      return new String(answer, StandardCharsets.UTF_8);
    }
  }

  private static void write(SocketChannel channel, byte[] bytes) throws IOException {
    for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
      channel.write(rest);
    }
  }

  /// Waits until the daemon is at rest; false when it ends.
  private boolean goOn() {
    try {
      while (!stop.await(0, TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() - lastRequest.getAsLong() > QUIET_NANOS) {
          return true;
        }
        if (stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
          return false;
        }
      }
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Ends it after the step it is at, and waits for that: some tens of milliseconds.
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
