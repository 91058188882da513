package gantry.cli.template;

import java.util.List;

/// The syntax tree of a template.
sealed interface Node {

  /// Text between actions.
  record Text(String text) implements Node {}

  /// `{{pipeline}}`; prints unless it declares a variable.
  record Action(Pipeline pipeline) implements Node {}

  /// `{{if}}`, `{{with}}` and `{{range}}`.
  record Block(BlockKind kind, Pipeline pipeline, List<Node> body, List<Node> otherwise)
      implements Node {}

  /// `{{break}}` and `{{continue}}`.
  record Jump(boolean leave) implements Node {}

  enum BlockKind {
    IF,
    WITH,
    RANGE
  }

  /// Commands joined by `|`, with the variables that they set.
  ///
  /// @param assigns whether the variables exist already (`=`) or are new (`:=`)
  record Pipeline(List<String> variables, boolean assigns, List<Call> calls) {}

  /// One command of a pipeline: an operand alone, or a function or method with arguments.
  record Call(List<Operand> words, Source source) {}

  /// Where something stands, for messages: `template: :1:2: executing "" at <.Foo>`.
  ///
  /// @param line 1 for the first
  /// @param column 0 for the first byte of the line
  record Source(int line, int column, String text) {}

  /// A value in a command.
  sealed interface Operand {
    Source source();
  }

  /// `.`
  record Dot(Source source) implements Operand {}

  /// `nil`
  record Nothing(Source source) implements Operand {}

  /// A text, number or truth value.
  record Literal(Object value, Source source) implements Operand {}

  /// `.A.B`
  record Field(List<String> path, Source source) implements Operand {}

  /// `$name.A.B`
  record Variable(String name, List<String> path, Source source) implements Operand {}

  /// A function's name.
  record Function(String name, Source source) implements Operand {}

  /// `(pipeline).A.B`
  record Nested(Pipeline pipeline, List<String> path, Source source) implements Operand {}
}
