package gantry.daemon.api;

import gantry.engine.container.Attachment;
import gantry.engine.container.OutputSink;
import gantry.http.RawStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A client and a program joined over a connection that was taken over.
///
/// Output may be offered before the connection is: it waits. The session lasts until there is no
/// more output; the client's end of input is passed on where it has the program's input, and a
/// client that is gone for good ends the attachment, not the program.
final class Session implements OutputSink {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);
  private static final int INPUT_BUFFER_BYTES = 32 << 10;

  /// Makes of the connection's output what the program's output is delivered to.
  interface Encoding {
    OutputSink of(OutputStream out);
  }

  private final Encoding encoding;
  private final CompletableFuture<OutputSink> sink = new CompletableFuture<>();

  Session(Encoding encoding) {
    this.encoding = encoding;
  }

  /// The client can be written to from now on.
  void opened(OutputStream out) {
    sink.complete(encoding.of(out));
  }

  /// There will be no connection: whoever delivers output is told so.
  void failed(Throwable cause) {
    sink.completeExceptionally(cause);
  }

  @Override
  public void accept(Stream stream, byte[] bytes, int offset, int length) throws IOException {
    try {
      sink.get().accept(stream, bytes, offset, length);
    } catch (ExecutionException e) {
      throw new IOException("the client was not connected", e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the client was being connected");
    }
  }

  /// Carries input until the attachment ends; then closes it.
  ///
  /// @param input what the client sends; read only if it has the program's input
  void run(RawStream raw, InputStream input, boolean stdin, Attachment attachment)
      throws InterruptedException {
    raw.onHangUp(() -> Thread.ofVirtual().name("hang-up").start(attachment::close));
    if (stdin) {
      var _ = Thread.ofVirtual().name("input").start(() -> carry(input, attachment));
    }
    try (attachment) {
      attachment.awaitEnd();
    }
  }

  private static void carry(InputStream input, Attachment attachment) {
    byte[] buffer = new byte[INPUT_BUFFER_BYTES];
    try {
      for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
        if (!attachment.write(buffer, 0, n)) {
          return;
        }
      }
      attachment.closeInput();
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("a client's input ended: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("a client's input could not be carried on", e);
    }
  }
}
