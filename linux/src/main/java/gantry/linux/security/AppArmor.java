package gantry.linux.security;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// AppArmor as this machine has it: whether it is on, which profiles are loaded, and the profile
/// that containers get.
///
/// Source: apparmor(7), apparmor.d(5); `security/apparmor/apparmorfs.c`.
public final class AppArmor {
  /// The profile of containers that ask for none.
  public static final String DEFAULT_PROFILE = "gantry-default";

  /// The name that means "no profile".
  public static final String UNCONFINED = "unconfined";

  private static final int MAX_ANCESTRY = 256;
  private static final long PARSER_SECONDS = 60;

  private final Path sys;
  private final Path proc;

  private AppArmor(Path sys, Path proc) {
    this.sys = sys;
    this.proc = proc;
  }

  /// The machine's, read at each question.
  public static AppArmor ofMachine() {
    return at(Path.of("/sys"), Path.of("/proc"));
  }

  /// As a tree of files shows it, for tests.
  public static AppArmor at(Path sys, Path proc) {
    return new AppArmor(sys, proc);
  }

  /// Whether the kernel has it switched on and shows its interface.
  public boolean enabled() {
    return read(sys.resolve("module/apparmor/parameters/enabled")).startsWith("Y")
        && Files.isDirectory(securityFs());
  }

  /// Whether a profile of this name is loaded, in any mode.
  public boolean loaded(String profile) {
    return read(securityFs().resolve("profiles"))
        .lines()
        .anyMatch(line -> line.startsWith(profile + " ("));
  }

  /// Where a process writes what it is to be after its next execve(2), and the text for it: the
  /// interface of AppArmor's own since Linux 5.8, and before that the one shared by all modules.
  public Path execAttribute() {
    return Files.isDirectory(proc.resolve("self/attr/apparmor"))
        ? Path.of("/proc/self/attr/apparmor/exec")
        : Path.of("/proc/self/attr/exec");
  }

  /// What to write to [#execAttribute].
  public static String execRequest(String profile) {
    return "exec " + profile;
  }

  /// The profile this process itself runs under; empty when under none.
  public Optional<String> ownProfile() {
    String label = read(proc.resolve("self/attr/apparmor/current"));
    if (label.isBlank()) {
      label = read(proc.resolve("self/attr/current"));
    }
    String name = label.strip().replaceFirst(" \\([a-z]+\\)$", "");
    return name.isEmpty() || name.equals(UNCONFINED) ? Optional.empty() : Optional.of(name);
  }

  /// Loads [#DEFAULT_PROFILE] with apparmor_parser(8), unless it is loaded. Runs a program and may
  /// take half a second: for the start of a daemon.
  ///
  /// @return whether the profile is loaded now; false where there is no AppArmor or no parser
  /// @throws IOException with the parser's words when it refuses
  public boolean loadDefault() throws IOException {
    if (!enabled()) {
      return false;
    }
    Optional<Path> parser = parser();
    if (loaded(DEFAULT_PROFILE) || parser.isEmpty()) {
      return loaded(DEFAULT_PROFILE);
    }
    Path file = Files.createTempFile("gantry-apparmor", ".profile");
    try {
      Files.writeString(file, profileText(DEFAULT_PROFILE, ownProfile()));
      runParser(parser.get(), file);
    } finally {
      Files.deleteIfExists(file);
    }
    return loaded(DEFAULT_PROFILE);
  }

  /// The text of a container's profile, in effect Docker's: anything goes but mounting and writing
  /// to those parts of /proc and /sys that speak for the whole machine; signals and traces stay
  /// within the profile, but for those of the engine.
  ///
  /// @param engine the profile that the engine runs under
  public String profileText(String name, Optional<String> engine) {
    StringBuilder text = new StringBuilder();
    if (Files.exists(Path.of("/etc/apparmor.d/tunables/global"))) {
      text.append("#include <tunables/global>\n");
    } else {
      text.append("@{PROC}=/proc/\n");
    }
    text.append("profile ").append(name).append(" flags=(attach_disconnected,mediate_deleted) {\n");
    if (Files.exists(Path.of("/etc/apparmor.d/abstractions/base"))) {
      text.append("  #include <abstractions/base>\n");
    }
    text.append(GRANTS);
    Stream.concat(Stream.of(UNCONFINED, "runc", "crun"), engine.stream())
        .distinct()
        .forEach(peer -> text.append("  signal (receive) peer=%s,\n".formatted(quoted(peer))));
    text.append("  signal (send, receive) peer=%s,\n".formatted(name));
    text.append("  ptrace (trace, read, tracedby, readby) peer=%s,\n".formatted(name));
    return text.append(DENIALS).append("}\n").toString();
  }

  private static final String GRANTS =
      """
        network,
        capability,
        file,
        umount,
      """;

  /// A "deny" for all names but one can only be spelled letter by letter. Below /proc: everything
  /// but `<pid>/` and `sys/`; below /proc/sys: everything but `kernel/shm*`; below /sys: everything
  /// but `fs/cgroup/`.
  private static final String DENIALS =
      """
        deny mount,
        deny @{PROC}/* w,
        deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
        deny @{PROC}/sys/[^k]** w,
        deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
        deny @{PROC}/{sysrq-trigger,kcore} rwklx,
        deny /sys/[^f]*/** wklx,
        deny /sys/f[^s]*/** wklx,
        deny /sys/fs/[^c]*/** wklx,
        deny /sys/fs/c[^g]*/** wklx,
        deny /sys/fs/cg[^r]*/** wklx,
        deny /sys/{firmware,devices/virtual/powercap,kernel/security}/** rwklx,
      """;

  private static void runParser(Path parser, Path file) throws IOException {
    Process process =
        new ProcessBuilder(List.of(parser.toString(), "-Kr", file.toString()))
            .redirectErrorStream(true)
            .start();
    try {
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(PARSER_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException(
            "cannot load the AppArmor profile '%s': %s: %s"
                .formatted(DEFAULT_PROFILE, parser, output.strip()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while loading an AppArmor profile", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static Optional<Path> parser() {
    return Stream.of("/sbin", "/usr/sbin", "/usr/bin", "/usr/local/sbin")
        .map(directory -> Path.of(directory, "apparmor_parser"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private Path securityFs() {
    return sys.resolve("kernel/security/apparmor");
  }

  private static String quoted(String label) {
    if (label.length() > MAX_ANCESTRY || label.indexOf('\n') >= 0) {
      throw new IllegalArgumentException("not an AppArmor label: '%s'".formatted(label));
    }
    return label.indexOf(' ') < 0 ? label : "\"" + label.replace("\"", "\\\"") + "\"";
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (NoSuchFileException _) {
      return ""; // no AppArmor
    } catch (IOException _) {
      return ""; // the attribute of a module that is switched off answers EINVAL
    }
  }
}
