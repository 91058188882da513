package gantry.build.dockerfile;

import java.util.List;

/// `EXPOSE PORT[-PORT][/tcp|udp|sctp] …`: ports that the image listens on.
public record Expose(Origin origin, List<String> ports) implements Instruction {
  public Expose {
    ports = List.copyOf(ports);
  }

  @Override
  public Expose expand(Variables variables) {
    return new Expose(origin, new Expander(origin, variables).divided(ports));
  }
}
