package gantry.build.dockerfile;

import java.util.List;

/// `LABEL NAME=VALUE …`, or the old `LABEL NAME VALUE`: what the image says of itself.
///
/// @param legacy whether it is the old form, with one name and no `=`
public record Label(Origin origin, List<KeyValue> labels, boolean legacy) implements Instruction {
  public Label {
    labels = List.copyOf(labels);
  }

  @Override
  public Label expand(Variables values) {
    return new Label(origin, new Expander(origin, values).pairs(labels), legacy);
  }
}
