package gantry.build.dockerfile;

import java.util.List;

/// `RUN [FLAGS] COMMAND`: a step that runs in a container.
///
/// @param command heredocs are part of it
/// @param heredocs for who shows them
/// @param mountOptions what `--mount=` had, one each; [#mounts] reads them
/// @param devices what `--device=` had
public record Run(
    Origin origin,
    Command command,
    List<Heredoc> heredocs,
    List<MountOptions> mountOptions,
    Network network,
    Security security,
    List<String> devices)
    implements Instruction {
  public Run {
    heredocs = List.copyOf(heredocs);
    mountOptions = List.copyOf(mountOptions);
    devices = List.copyOf(devices);
  }

  /// `--network=`.
  public enum Network {
    /// As the build has it.
    DEFAULT,
    /// Loopback alone.
    NONE,
    /// The host's.
    HOST
  }

  /// `--security=`.
  public enum Security {
    /// As any container.
    SANDBOX,
    /// With all privileges, where the build allows that.
    INSECURE
  }

  @Override
  public Run expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    return new Run(
        origin,
        command,
        heredocs,
        mountOptions.stream().map(m -> m.expand(expander)).toList(),
        network,
        security,
        devices);
  }

  /// The mounts in their order.
  ///
  /// @throws DockerfileException when an option is wrong; of an expanded instruction only
  public List<Mount> mounts() {
    return mountOptions.stream().map(m -> MountReader.read(m, origin)).toList();
  }
}
