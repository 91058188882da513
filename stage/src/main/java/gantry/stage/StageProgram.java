package gantry.stage;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/// The programs in C that come with this module, as bytes to be put somewhere and executed.
public enum StageProgram {
  /// Runs a launch plan.
  STAGE,
  /// A container's first process when the user asks for one (`--init`).
  INIT;

  /// The static executable for this machine.
  ///
  /// @throws IllegalStateException if this build of Gantry has none for the architecture
  public byte[] bytes() {
    String architecture =
        System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "x86_64";
    return bytes(architecture);
  }

  /// The static executable for an architecture as uname(1) names it: `x86_64` or `aarch64`.
  ///
  /// @throws IllegalStateException if this build of Gantry has none for the architecture
  public byte[] bytes(String architecture) {
    String name = (this == STAGE ? "stage-" : "init-") + architecture;
    try (InputStream in = StageProgram.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "this build has no '%s': build it where gcc for %s is installed"
                .formatted(name, architecture));
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
