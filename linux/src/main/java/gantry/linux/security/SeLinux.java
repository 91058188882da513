package gantry.linux.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// SELinux as this machine has it. Source: selinux(8); `security/selinux/selinuxfs.c`.
public final class SeLinux {
  private final Path root;

  private SeLinux(Path root) {
    this.root = root;
  }

  /// The machine's, read at each question.
  public static SeLinux ofMachine() {
    return at(Path.of("/"));
  }

  /// As a tree of files shows it, for tests.
  public static SeLinux at(Path root) {
    return new SeLinux(root);
  }

  /// Whether a policy is loaded.
  public boolean enabled() {
    return Files.exists(root.resolve("sys/fs/selinux/enforce"));
  }

  /// Whether the policy is enforced, not only logged.
  public boolean enforcing() {
    return read("sys/fs/selinux/enforce").equals("1");
  }

  /// The label of this process, e.g. `system_u:system_r:container_runtime_t:s0`; empty without
  /// SELinux.
  public Optional<String> ownLabel() {
    return enabled() ? Optional.of(read("proc/self/attr/current")) : Optional.empty();
  }

  /// Where a process writes the label it is to have after its next execve(2).
  public Path execAttribute() {
    return Path.of("/proc/self/attr/exec");
  }

  private String read(String file) {
    try {
      return Files.readString(root.resolve(file)).replace("\0", "").strip();
    } catch (IOException _) {
      return ""; // not there: SELinux is off
    }
  }
}
