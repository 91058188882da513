package gantry.engine.container;

import java.io.IOException;

/// A client's end of a container's, or an exec's, standard streams.
///
/// Output goes to the [OutputSink] that the attachment was made with, from a thread of its own;
/// input is written here. Closing detaches; the program goes on.
public interface Attachment extends AutoCloseable {
  /// Sends bytes to standard input; scans for the detach keys where a terminal is attached. Returns
  /// false when the session has ended (detached, or the program is gone).
  boolean write(byte[] bytes, int offset, int length) throws IOException;

  /// The client will send no more: closes the program's standard input where the client was the one
  /// that owned it (`stdinOnce`), ends the attachment where that is the rule.
  void closeInput();

  /// Blocks until there will be no more output: the program ended, or the client detached.
  void awaitEnd() throws InterruptedException;

  boolean detached();

  @Override
  void close();
}
