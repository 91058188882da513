package gantry.cli;

import gantry.cli.flag.FlagValues;
import gantry.cli.http.TlsFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// `--tls`, `--tlsverify` and the files that go with them; `DOCKER_TLS`, `DOCKER_TLS_VERIFY` and
/// `DOCKER_CERT_PATH` where they are not given.
final class TlsFlags {
  private TlsFlags() {}

  /// The keys for daemons on TCP, if they are to be spoken to by TLS.
  ///
  /// @param directory where keys are looked for that nothing names
  static Optional<TlsFiles> files(
      FlagValues flags, Map<String, String> environment, Path directory) {
    boolean verify = on(flags, "tlsverify", environment, "DOCKER_TLS_VERIFY");
    boolean wanted =
        verify || flags.changed("tlsverify") || on(flags, "tls", environment, "DOCKER_TLS");
    if (!wanted) {
      return Optional.empty();
    }
    String path = environment.getOrDefault("DOCKER_CERT_PATH", "");
    Path folder = path.isEmpty() ? directory : Path.of(path);
    return Optional.of(
        new TlsFiles(
            verify,
            Optional.of(file(flags, "tlscacert", folder.resolve("ca.pem"))),
            ours(flags, "tlscert", folder.resolve("cert.pem")),
            ours(flags, "tlskey", folder.resolve("key.pem"))));
  }

  private static boolean on(
      FlagValues flags, String flag, Map<String, String> environment, String variable) {
    return flags.changed(flag)
        ? flags.bool(flag)
        : !environment.getOrDefault(variable, "").isEmpty();
  }

  private static Path file(FlagValues flags, String flag, Path preset) {
    return flags.changed(flag) ? Path.of(flags.text(flag)) : preset;
  }

  /// Not every daemon asks for them: without a word they are used where they are.
  private static Optional<Path> ours(FlagValues flags, String flag, Path preset) {
    return Optional.of(file(flags, flag, preset))
        .filter(found -> flags.changed(flag) || Files.exists(found));
  }
}
