package gantry.cli;

import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import java.util.List;

/// The flags that stand before the command.
final class GlobalFlags {

  static final List<Flag> TABLE =
      List.of(
          Flag.text("config", "Directory of the client's settings"),
          Flag.text(
              "context", 'c', "Name of the context whose daemon to use (overrides DOCKER_HOST)"),
          Flag.bool("debug", 'D', "Say more about what goes wrong"),
          Flag.of(FlagType.LIST, "host", 'H', "Socket of the daemon"),
          Flag.text(
                  "log-level",
                  'l',
                  "How much to log (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")")
              .preset("info"),
          Flag.bool("tls", "Use TLS; implied by --tlsverify"),
          Flag.text("tlscacert", "Trust certificates of this CA only"),
          Flag.text("tlscert", "TLS certificate"),
          Flag.text("tlskey", "TLS key"),
          Flag.bool("tlsverify", "Use TLS and verify the daemon"),
          Flag.bool("version", 'v', "Print the version"));

  private GlobalFlags() {}
}
