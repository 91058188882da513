package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.image.ImageException;
import gantry.linux.Errno;
import gantry.linux.SyscallException;
import gantry.network.NetworkException;
import gantry.oci.FormatException;
import gantry.runtime.LaunchException;
import gantry.state.StateException;
import java.io.IOException;
import java.io.UncheckedIOException;

/// What the rooms below throw, as the engine's own exception.
final class Failures {
  private Failures() {}

  /// The same failure for the user of the engine; `doing` is put before messages that do not say
  /// it: `cannot remove container 'web'`.
  static EngineException of(String doing, Throwable failure) {
    return switch (failure) {
      case EngineException engine -> engine;
      case ImageException image -> new EngineException(kind(image.kind()), text(image), image);
      case NetworkException network ->
          new EngineException(kind(network.kind()), text(network), network);
      case LaunchException launch -> new EngineException(kind(launch.kind()), text(launch), launch);
      case FormatException format ->
          new EngineException(ErrorKind.INVALID_ARGUMENT, text(format), format);
      case SyscallException call ->
          new EngineException(kind(call.errno()), doing + ": " + text(call), call);
      case StateException state -> new EngineException(ErrorKind.INTERNAL, text(state), state);
      case UncheckedIOException io ->
          new EngineException(ErrorKind.INTERNAL, doing + ": " + text(io), io);
      case IOException io -> new EngineException(ErrorKind.INTERNAL, doing + ": " + text(io), io);
      default -> new EngineException(ErrorKind.INTERNAL, doing + ": " + failure, failure);
    };
  }

  private static ErrorKind kind(ImageException.Kind kind) {
    return switch (kind) {
      case INVALID -> ErrorKind.INVALID_ARGUMENT;
      case NOT_FOUND -> ErrorKind.NOT_FOUND;
      case CONFLICT -> ErrorKind.CONFLICT;
      case UNAVAILABLE -> ErrorKind.UNAVAILABLE;
      case INTERNAL -> ErrorKind.INTERNAL;
    };
  }

  private static ErrorKind kind(NetworkException.Kind kind) {
    return switch (kind) {
      case INVALID -> ErrorKind.INVALID_ARGUMENT;
      case NOT_FOUND -> ErrorKind.NOT_FOUND;
      case CONFLICT -> ErrorKind.CONFLICT;
      case FORBIDDEN -> ErrorKind.FORBIDDEN;
      case UNAVAILABLE -> ErrorKind.UNAVAILABLE;
      case FAILED -> ErrorKind.INTERNAL;
    };
  }

  private static ErrorKind kind(LaunchException.Kind kind) {
    return switch (kind) {
      case COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, CONFIG -> ErrorKind.INVALID_ARGUMENT;
      case NOT_RUNNING -> ErrorKind.CONFLICT;
      case SYSTEM -> ErrorKind.INTERNAL;
    };
  }

  private static ErrorKind kind(Errno errno) {
    return errno == Errno.ENOSPC ? ErrorKind.UNAVAILABLE : ErrorKind.INTERNAL;
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message;
  }
}
