package gantry.build.dockerfile;

import java.util.List;

/// `ENV NAME=VALUE …`, or the old `ENV NAME VALUE`: sets variables of the image and of the steps
/// below.
///
/// @param legacy whether it is the old form, with one name and no `=`
public record Env(Origin origin, List<KeyValue> variables, boolean legacy) implements Instruction {
  public Env {
    variables = List.copyOf(variables);
  }

  @Override
  public Env expand(Variables values) {
    return new Env(origin, new Expander(origin, values).pairs(variables), legacy);
  }
}
