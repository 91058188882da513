package gantry.cli.template;

import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import gantry.cli.template.GoValue.Absent;
import gantry.cli.template.GoValue.GoMap;
import gantry.cli.template.Node.Call;
import gantry.cli.template.Node.Operand;
import gantry.cli.template.Node.Pipeline;
import gantry.cli.template.Node.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// A parsed `--format` template.
///
/// Known of Go's language: text, comments, trimming, fields, variables, literals, pipelines, `if`,
/// `with`, `range`, `break`, `continue`, and the functions of [Functions]. Not known: templates
/// inside templates.
public final class Template {

  private final List<Node> nodes;

  private Template(List<Node> nodes) {
    this.nodes = nodes;
  }

  /// Parses a template.
  ///
  /// @throws TemplateException with Go's message
  public static Template parse(String text) {
    return new Template(new TemplateParser(text).parse());
  }

  /// How strict a run is about members that a JSON object does not have.
  public enum Missing {
    /// An error, as for a Go struct or a map under `missingkey=error`.
    ERROR,
    /// `<no value>`, as for a Go map.
    NO_VALUE
  }

  /// Executes the template over a [Row], a JSON value or a map of texts.
  ///
  /// @throws TemplateException with Go's message
  public String execute(Object data, Missing missing) {
    Run run = new Run(data, missing);
    run.walk(nodes, data);
    return run.out.toString();
  }

  /// `break` and `continue` on their way to their loop.
  private static final class LoopJump extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean leave;

    LoopJump(boolean leave) {
      super(null, null, false, false);
      this.leave = leave;
    }
  }

  private static final class Slot {
    private final String name;
    private Object value;

    Slot(String name, Object value) {
      this.name = name;
      this.value = value;
    }
  }

  private static final class Run {
    private final StringBuilder out = new StringBuilder();
    private final List<Slot> variables = new ArrayList<>();
    private final Missing missing;

    Run(Object data, Missing missing) {
      this.missing = missing;
      variables.add(new Slot("", data)); // `$` is the data that the template started with
    }

    void walk(List<Node> nodes, Object dot) {
      for (Node node : nodes) {
        if (node instanceof Node.Text(String text)) {
          out.append(text);
        } else if (node instanceof Node.Action(Pipeline pipeline)) {
          Object value = evaluate(pipeline, dot);
          if (pipeline.variables().isEmpty()) {
            out.append(GoValue.print(value));
          }
        } else if (node instanceof Node.Jump(boolean leave)) {
          throw new LoopJump(leave);
        } else if (node instanceof Node.Block block) {
          walkBlock(block, dot);
        }
      }
    }

    private void walkBlock(Node.Block block, Object dot) {
      int mark = variables.size();
      if (block.kind() == Node.BlockKind.RANGE) {
        walkRange(block, dot);
      } else {
        Object value = evaluate(block.pipeline(), dot);
        boolean with = block.kind() == Node.BlockKind.WITH;
        if (GoValue.truth(value)) {
          walk(block.body(), with ? value : dot);
        } else {
          walk(block.otherwise(), dot);
        }
      }
      forget(mark);
    }

    private void walkRange(Node.Block block, Object dot) {
      List<String> names = block.pipeline().variables();
      Object value = evaluate(new Pipeline(List.of(), false, block.pipeline().calls()), dot);
      List<Map.Entry<Object, Object>> entries = entries(value, block);
      if (entries.isEmpty()) {
        walk(block.otherwise(), dot);
        return;
      }
      for (Map.Entry<Object, Object> entry : entries) {
        int mark = variables.size();
        if (names.size() > 1) {
          variables.add(new Slot(names.getFirst(), entry.getKey()));
        }
        if (!names.isEmpty()) {
          variables.add(new Slot(names.getLast(), entry.getValue()));
        }
        try {
          walk(block.body(), entry.getValue());
        } catch (LoopJump jump) {
          if (jump.leave) {
            break;
          }
        } finally {
          forget(mark);
        }
      }
    }

    private static List<Map.Entry<Object, Object>> entries(Object value, Node.Block block) {
      List<Map.Entry<Object, Object>> entries = new ArrayList<>();
      switch (value) {
        case List<?> list -> {
          for (int i = 0; i < list.size(); i++) {
            entries.add(Map.entry((long) i, list.get(i)));
          }
        }
        case GoMap(Map<String, Object> map) ->
            new TreeMap<>(map)
                .forEach((key, element) -> entries.add(Map.entry(key, GoValue.typed("", element))));
        case JsonObject(Map<String, Object> map) ->
            new TreeMap<>(map)
                .forEach(
                    (key, element) -> entries.add(Map.entry(key, GoValue.typed(key, element))));
        case Long count -> {
          for (long i = 0; i < count; i++) {
            entries.add(Map.entry(i, i));
          }
        }
        case GoValue.Nil _, Absent _, JsonNull _ -> {}
        default ->
            throw failed(
                block.pipeline().calls().getFirst().source(),
                "range can't iterate over " + GoValue.print(value));
      }
      return entries;
    }

    private void forget(int mark) {
      variables.subList(mark, variables.size()).clear();
    }

    private Object evaluate(Pipeline pipeline, Object dot) {
      Optional<Object> piped = Optional.empty();
      for (Call call : pipeline.calls()) {
        piped = Optional.of(evaluate(call, dot, piped));
      }
      Object value = piped.orElse(Absent.NO_VALUE);
      for (String name : pipeline.variables()) {
        if (pipeline.assigns()) {
          slot(name).ifPresent(slot -> slot.value = value);
        } else {
          variables.add(new Slot(name, value));
        }
      }
      return value;
    }

    private Optional<Slot> slot(String name) {
      for (int i = variables.size() - 1; i >= 0; i--) {
        if (variables.get(i).name.equals(name)) {
          return Optional.of(variables.get(i));
        }
      }
      return Optional.empty();
    }

    private Object evaluate(Call call, Object dot, Optional<Object> piped) {
      Operand first = call.words().getFirst();
      List<Operand> rest = call.words().subList(1, call.words().size());
      if (first instanceof Node.Field(List<String> path, Source source)) {
        return walkPath(dot, path, arguments(rest, dot, piped), source);
      }
      if (first instanceof Node.Function function) {
        return callFunction(function, call, rest, dot, piped);
      }
      boolean given = !rest.isEmpty() || piped.isPresent();
      if (given && !(first instanceof Node.Nested)) {
        throw failed(
            first.source(), "can't give argument to non-function " + first.source().text());
      }
      return value(first, dot);
    }

    private Object callFunction(
        Node.Function function, Call call, List<Operand> rest, Object dot, Optional<Object> piped) {
      if (function.name().equals("and") || function.name().equals("or")) {
        return shortCircuit(function.name().equals("or"), rest, dot, piped);
      }
      List<Object> arguments = arguments(rest, dot, piped);
      try {
        return Functions.call(function.name(), arguments);
      } catch (IllegalArgumentException e) {
        Source at =
            new Source(function.source().line(), function.source().column(), call.source().text());
        throw failed(at, "error calling " + function.name() + ": " + e.getMessage());
      }
    }

    private Object shortCircuit(
        boolean decides, List<Operand> operands, Object dot, Optional<Object> piped) {
      Object value = Absent.NO_VALUE;
      for (Operand operand : operands) {
        value = value(operand, dot);
        if (GoValue.truth(value) == decides) {
          return value;
        }
      }
      return piped.orElse(value);
    }

    private List<Object> arguments(List<Operand> operands, Object dot, Optional<Object> piped) {
      List<Object> arguments = new ArrayList<>();
      for (Operand operand : operands) {
        arguments.add(value(operand, dot));
      }
      piped.ifPresent(arguments::add);
      return arguments;
    }

    private Object value(Operand operand, Object dot) {
      if (operand instanceof Node.Field(List<String> path, Source source)) {
        return walkPath(dot, path, List.of(), source);
      }
      return otherValue(operand, dot);
    }

    private Object otherValue(Operand operand, Object dot) {
      return switch (operand) {
        case Node.Dot _ -> dot;
        case Node.Nothing _ -> JsonNull.NULL;
        case Node.Literal(Object value, Source _) -> value;
        case Node.Field(List<String> path, Source source) -> walkPath(dot, path, List.of(), source);
        case Node.Variable(String name, List<String> path, Source source) -> {
          Slot slot =
              slot(name)
                  .orElseThrow(
                      () ->
                          new TemplateException(
                              "template: :"
                                  + source.line()
                                  + ": undefined variable \"$"
                                  + name
                                  + "\""));
          yield walkPath(slot.value, path, List.of(), source);
        }
        case Node.Nested(Pipeline pipeline, List<String> path, Source source) ->
            walkPath(evaluate(pipeline, dot), path, List.of(), source);
        case Node.Function(String name, Source source) ->
            callFunction(
                new Node.Function(name, source),
                new Call(List.of(operand), source),
                List.of(),
                dot,
                Optional.empty());
      };
    }

    private Object walkPath(
        Object start, List<String> path, List<Object> arguments, Source source) {
      Object value = start;
      for (int i = 0; i < path.size(); i++) {
        if (value == JsonNull.NULL && i > 0) {
          throw failed(
              source,
              "map has no entry for key \"" + path.get(i - 1) + "\""); // left out when it is empty
        }
        value = field(value, path.get(i), i == path.size() - 1 ? arguments : List.of(), source);
      }
      return value;
    }

    private Object field(Object receiver, String name, List<Object> arguments, Source source) {
      if (receiver instanceof Row row) {
        return row.field(name, arguments)
            .orElseThrow(
                () ->
                    failed(source, "can't evaluate field " + name + " in type " + row.typeName()));
      }
      if (receiver instanceof JsonObject object) {
        return member(object, name, source);
      }
      if (receiver instanceof Map<?, ?> headings) {
        return headings.containsKey(name) ? headings.get(name) : Absent.NO_VALUE;
      }
      return switch (receiver) {
        case GoMap(Map<String, Object> entries) ->
            entries.containsKey(name) ? GoValue.typed("", entries.get(name)) : Absent.NO_VALUE;
        case Absent _ -> Absent.NO_VALUE;
        case GoValue.Nil nil when nil == GoValue.Nil.MAP -> Absent.NO_VALUE;
        case JsonNull _ -> throw failed(source, "nil pointer evaluating " + name);
        default ->
            throw failed(
                source,
                "can't evaluate field "
                    + name
                    + " in type "
                    + (missing == Missing.ERROR ? "interface {}" : goType(receiver)));
      };
    }

    private Object member(JsonObject object, String name, Source source) {
      if (object.members().containsKey(name)) {
        return GoValue.member(object, name);
      }
      for (String key : object.members().keySet()) {
        if (key.equalsIgnoreCase(name)) {
          return GoValue.member(object, key); // Go's field is ID where JSON's member is Id
        }
      }
      Object omitted = GoValue.OMITTED.get(name);
      if (omitted != null) {
        return omitted;
      }
      if (missing == Missing.NO_VALUE) {
        return Absent.NO_VALUE;
      }
      throw failed(source, "map has no entry for key \"" + name + "\"");
    }

    private static String goType(Object value) {
      return switch (value) {
        case String _ -> "string";
        case Boolean _ -> "bool";
        case Double _ -> "float64";
        case Number _ -> "int64";
        case List<?> _ -> "[]interface {}";
        default -> "interface {}";
      };
    }

    private static TemplateException failed(Source source, String why) {
      return new TemplateException(
          "template: :"
              + source.line()
              + ":"
              + source.column()
              + ": executing \"\" at <"
              + source.text()
              + ">: "
              + why);
    }
  }
}
