package gantry.acceptance.harness;

import java.nio.file.Path;

/// An engine under test: a running daemon that answers Docker's API on a unix socket.
public interface Engine extends AutoCloseable {
  /// Whether this is Docker itself, the reference.
  boolean docker();

  /// The unix socket it listens on.
  Path socket();

  /// The process that listens.
  long pid();

  /// What the daemon logged so far.
  String log();

  /// Removes all containers, ends the daemon and deletes its files.
  @Override
  void close();

  /// The socket as the clients' `-H` takes it.
  default String host() {
    return "unix://" + socket();
  }
}
