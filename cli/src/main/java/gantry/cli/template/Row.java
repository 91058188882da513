package gantry.cli.template;

import java.util.List;
import java.util.Optional;

/// A value with named fields that a template reads as `.Name`: one line of a list.
public interface Row {

  /// The field or method `name`, called with `arguments`; empty when there is none.
  Optional<Object> field(String name, List<Object> arguments);

  /// The fields that `{{json .}}` writes.
  List<String> jsonFields();

  /// What Go's error messages call the type, e.g. `*formatter.ContainerContext`.
  String typeName();
}
