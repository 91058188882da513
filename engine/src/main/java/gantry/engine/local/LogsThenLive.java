package gantry.engine.local;

import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.OutputSink;
import gantry.engine.log.LogReader;
import gantry.engine.stdio.DetachKeys;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/// Attaches a client: with `logs` to what was written so far, with `stream` to what comes.
///
/// Live output is held back until the log was delivered, of which the lines that were written after
/// the attach are left out: they come live.
final class LogsThenLive {
  private final Container container;
  private final AttachOptions options;
  private final OutputSink sink;
  private final DetachKeys keys;
  private final Runnable detached;
  private final CompletableFuture<Void> logDelivered = new CompletableFuture<>();

  LogsThenLive(
      Container container,
      AttachOptions options,
      OutputSink sink,
      DetachKeys keys,
      Runnable detached) {
    this.container = container;
    this.options = options;
    this.sink = sink;
    this.keys = keys;
    this.detached = detached;
  }

  Attachment open() {
    boolean output = options.stream() && (options.stdout() || options.stderr());
    Attachment live =
        container.streams.attach(
            this::deliverLive, output, options.stream() && options.stdin(), keys, detached);
    if (!options.logs()) {
      logDelivered.complete(null);
    } else {
      Instant attached = Instant.now();
      Thread.ofVirtual().name("attach-log").start(() -> deliverLog(attached));
    }
    if (!options.stream()) {
      live.close();
    }
    return new AfterTheLog(live);
  }

  /// Ends when both the log and what came after it are delivered.
  private final class AfterTheLog implements Attachment {
    private final Attachment live;

    AfterTheLog(Attachment live) {
      this.live = live;
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) throws IOException {
      return live.write(bytes, offset, length);
    }

    @Override
    public void closeInput() {
      live.closeInput();
    }

    @Override
    public void awaitEnd() throws InterruptedException {
      logDelivered.join();
      live.awaitEnd();
    }

    @Override
    public boolean detached() {
      return live.detached();
    }

    @Override
    public void close() {
      live.close();
    }
  }

  private void deliverLog(Instant until) {
    try {
      if (container.log.isPresent() && container.output.readable()) {
        new LogReader(container.log.get(), LocalContainers.everything(options, until), sink)
            .run(() -> {});
      }
    } catch (InterruptedException _) { // the client gave up
      Thread.currentThread().interrupt();
    } catch (
        IOException _) { // the client is gone, or the log is: what comes live is told all the same
    } finally {
      logDelivered.complete(null);
    }
  }

  private void deliverLive(OutputSink.Stream stream, byte[] bytes, int offset, int length)
      throws IOException {
    logDelivered.join();
    boolean wanted = stream == OutputSink.Stream.STDOUT ? options.stdout() : options.stderr();
    if (wanted) {
      sink.accept(stream, bytes, offset, length);
    }
  }
}
