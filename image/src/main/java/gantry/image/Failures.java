package gantry.image;

import gantry.image.tar.TarException;
import gantry.linux.SyscallException;
import gantry.oci.FormatException;
import gantry.state.StateException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/// Turns what the rooms below throw into one kind of failure, once, where the intent is known.
final class Failures {
  private Failures() {}

  /// Runs `work`; `what` says what it is for: `cannot load the archive`.
  static <T> T explained(String what, Supplier<T> work) {
    try {
      return work.get();
    } catch (TarException | FormatException e) {
      throw ImageException.invalid(String.valueOf(e.getMessage()), e);
    } catch (UncheckedIOException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw ImageException.invalid(what + ": " + cause.getMessage(), e);
    } catch (SyscallException e) {
      throw of(what, e);
    } catch (StateException e) {
      throw new ImageException(ImageException.Kind.INTERNAL, what + ": " + e.getMessage(), e);
    }
  }

  /// What the kernel's refusal means.
  static ImageException of(String what, SyscallException e) {
    return switch (e.errno()) {
      case ENOSPC, EDQUOT ->
          new ImageException(
              ImageException.Kind.UNAVAILABLE,
              what + ": no space left on device; nothing was changed, free some and try again",
              e);
      default -> new ImageException(ImageException.Kind.INTERNAL, what + ": " + e.getMessage(), e);
    };
  }
}
