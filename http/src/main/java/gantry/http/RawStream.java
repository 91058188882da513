package gantry.http;

import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/// A connection that was taken over: bytes in both directions, each with an end of its own.
///
/// The input ends when the client has shut its sending side; output goes on after that. [#onHangUp]
/// tells when the client is gone for good.
public final class RawStream implements AutoCloseable {
  private final Connection connection;
  private final InputStream input;
  private final Outbox output;

  RawStream(Connection connection, InputStream input, Outbox output) {
    this.connection = connection;
    this.input = input;
    this.output = output;
  }

  /// What the client sends, beginning with what it sent right after its request.
  public InputStream input() {
    return input;
  }

  /// What is sent to the client; written out on `flush`.
  public OutputStream output() {
    return output;
  }

  /// Waits until the client has read what was flushed, `limit` at most; not at all where the kernel
  /// does not tell, as of TCP.
  public void awaitRead(Duration limit) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    // In the loop's order: what was flushed before has been written then.
    while (!connection.channel().eventLoop().submit(connection::hasBeenRead).sync().getNow()
        && System.nanoTime() < deadline) {
      Thread.sleep(1);
    }
  }

  /// Runs `action` once, on the event loop, when the client has closed both directions; at once if
  /// that has happened already. Must not block.
  public void onHangUp(Runnable action) {
    connection.onHangUp(action);
  }

  /// Sends what is left, then ends the output; the connection is closed when the client has ended
  /// its side too, or after a few seconds.
  @Override
  public void close() {
    output.finish();
  }
}
