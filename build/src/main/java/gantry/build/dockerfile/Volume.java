package gantry.build.dockerfile;

import java.util.List;

/// `VOLUME PATH …` or `VOLUME ["PATH", …]`: directories that get a volume in each container.
public record Volume(Origin origin, List<String> paths) implements Instruction {
  public Volume {
    paths = List.copyOf(paths);
  }

  @Override
  public Volume expand(Variables variables) {
    List<String> expanded = new Expander(origin, variables).each(paths);
    if (expanded.stream().anyMatch(String::isBlank)) {
      throw origin.problem("VOLUME specified can not be an empty string", "");
    }
    return new Volume(origin, expanded);
  }
}
