package gantry.cli.template;

import gantry.cli.template.Node.BlockKind;
import gantry.cli.template.Node.Call;
import gantry.cli.template.Node.Operand;
import gantry.cli.template.Node.Pipeline;
import gantry.cli.template.Node.Source;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// Parses templates by recursive descent, straight from the text.
final class TemplateParser {

  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  private final String text;
  private int at;
  private boolean trimNext;
  private int loops;
  private final Deque<BlockKind> open = new ArrayDeque<>();

  TemplateParser(String text) {
    this.text = text;
  }

  /// The word that ended a list of nodes: `end`, `else`, or nothing at the end of the text.
  private enum Ending {
    TEXT,
    END,
    ELSE
  }

  private record Body(List<Node> nodes, Ending ending) {}

  List<Node> parse() {
    return body().nodes();
  }

  private Body body() {
    List<Node> nodes = new ArrayList<>();
    while (true) {
      readText(nodes);
      if (at >= text.length()) {
        if (!open.isEmpty()) {
          throw failed("unexpected EOF");
        }
        return new Body(nodes, Ending.TEXT);
      }
      openAction();
      if (text.startsWith("/*", at)) {
        skipComment();
        continue;
      }
      skipBlanks();
      String word = peekWord();
      switch (word) {
        case "end", "else" -> {
          if (open.isEmpty()) {
            throw failed("unexpected {{" + word + "}}");
          }
          at += word.length();
          skipBlanks();
          if (word.equals("end")) {
            close();
            return new Body(nodes, Ending.END);
          }
          if (text.startsWith(CLOSE, at) || text.startsWith("-}}", at)) {
            close();
          }
          return new Body(nodes, Ending.ELSE);
        }
        case "if" -> nodes.add(block(BlockKind.IF, word));
        case "with" -> nodes.add(block(BlockKind.WITH, word));
        case "range" -> nodes.add(block(BlockKind.RANGE, word));
        case "break", "continue" -> {
          if (loops == 0) {
            throw failed("{{" + word + "}} outside {{range}}");
          }
          at += word.length();
          close();
          nodes.add(new Node.Jump(word.equals("break")));
        }
        default -> {
          Pipeline pipeline = pipeline();
          close();
          nodes.add(new Node.Action(pipeline));
        }
      }
    }
  }

  private void readText(List<Node> nodes) {
    int end = text.indexOf(OPEN, at);
    String piece = text.substring(at, end < 0 ? text.length() : end);
    if (trimNext) {
      piece = piece.stripLeading();
      trimNext = false;
    }
    boolean trimsBefore = end >= 0 && text.startsWith("{{- ", end);
    if (trimsBefore) {
      piece = piece.stripTrailing();
    }
    if (!piece.isEmpty()) {
      nodes.add(new Node.Text(piece));
    }
    at = end < 0 ? text.length() : end;
  }

  private void openAction() {
    at += OPEN.length();
    if (text.startsWith("- ", at)) {
      at += 2;
    }
  }

  private void skipComment() {
    int end = text.indexOf("*/", at);
    if (end < 0) {
      throw failed("unclosed comment");
    }
    at = end + 2;
    close();
  }

  private Node.Block block(BlockKind kind, String word) {
    at += word.length();
    skipBlanks();
    if (atClose()) {
      throw failed("missing value for " + word);
    }
    Pipeline pipeline = pipeline();
    close();
    open.push(kind);
    int loop = kind == BlockKind.RANGE ? 1 : 0;
    loops += loop;
    Body body = body();
    loops -= loop; // what stands behind its `else` is not in the loop
    List<Node> otherwise = List.of();
    if (body.ending() == Ending.ELSE) {
      String next = peekWord();
      boolean chained =
          !text.startsWith(CLOSE, at - 2) && (next.equals("if") || next.equals("with"));
      if (chained) {
        open.pop();
        return new Node.Block(
            kind,
            pipeline,
            body.nodes(),
            List.of(block(next.equals("if") ? BlockKind.IF : BlockKind.WITH, next)));
      }
      otherwise = body().nodes();
    }
    open.pop();
    return new Node.Block(kind, pipeline, body.nodes(), otherwise);
  }

  private void close() {
    skipBlanks();
    if (text.startsWith("-}}", at)) {
      at++;
      trimNext = true;
    }
    if (!text.startsWith(CLOSE, at)) {
      if (at >= text.length() || text.charAt(at) == '\n') {
        throw failed("unclosed action");
      }
      throw failed("unexpected \"" + text.charAt(at) + "\" in operand");
    }
    at += CLOSE.length();
  }

  private boolean atClose() {
    return text.startsWith(CLOSE, at) || text.startsWith("-}}", at);
  }

  private Pipeline pipeline() {
    List<String> variables = new ArrayList<>();
    boolean assigns = false;
    int start = at;
    while (at < text.length() && text.charAt(at) == '$') {
      at++;
      variables.add(readIdentifier());
      skipBlanks();
      if (text.startsWith(":=", at)) {
        at += 2;
        break;
      }
      if (text.startsWith("=", at)) {
        assigns = true;
        at++;
        break;
      }
      if (!text.startsWith(",", at)) {
        variables.clear();
        at = start;
        break;
      }
      at++;
      skipBlanks();
    }
    List<Call> calls = new ArrayList<>();
    while (true) {
      skipBlanks();
      calls.add(call());
      skipBlanks();
      if (at >= text.length() || text.charAt(at) != '|') {
        return new Pipeline(variables, assigns, calls);
      }
      at++;
    }
  }

  private Call call() {
    int start = at;
    List<Operand> words = new ArrayList<>();
    while (true) {
      skipBlanks();
      if (at >= text.length() || atClose() || text.charAt(at) == '|' || text.charAt(at) == ')') {
        break;
      }
      words.add(operand());
    }
    if (words.isEmpty()) {
      throw at >= text.length() ? failed("unclosed action") : failed("missing value for command");
    }
    return new Call(words, source(start, text.substring(start, at).strip()));
  }

  private Operand operand() {
    int start = at;
    char c = text.charAt(at);
    if (c == '"' || c == '`' || c == '\'') {
      return literalText(start, c);
    }
    if (c == '.' && !(at + 1 < text.length() && Character.isDigit(text.charAt(at + 1)))) {
      return dotOrField(start);
    }
    if (c == '$') {
      at++;
      String name = readIdentifier();
      List<String> path = path();
      return new Node.Variable(name, path, source(start, text.substring(start, at)));
    }
    if (c == '(') {
      at++;
      Pipeline nested = pipeline();
      skipBlanks();
      if (at >= text.length() || text.charAt(at) != ')') {
        throw failed("unclosed left paren");
      }
      at++;
      List<String> path = path();
      return new Node.Nested(nested, path, source(start, text.substring(start, at)));
    }
    if (Character.isDigit(c) || c == '-' || c == '+' || c == '.') {
      return number(start);
    }
    if (Character.isLetter(c) || c == '_') {
      return named(start);
    }
    if (c == '\n') {
      throw failed("unclosed action");
    }
    throw failed("unexpected " + quoteChar(c) + " in operand");
  }

  private static String quoteChar(char c) {
    return c == '}' || c == '{' ? "\"" + c + "\"" : "<" + c + ">";
  }

  private Operand literalText(int start, char quote) {
    StringBuilder value = new StringBuilder();
    at++;
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      if (c == '\\' && quote != '`' && at < text.length()) {
        value.append(escape(text.charAt(at++)));
      } else {
        value.append(c);
      }
    }
    if (at >= text.length()) {
      throw failed(
          switch (quote) {
            case '`' -> "unterminated raw quoted string";
            case '\'' -> "unterminated character constant";
            default -> "unterminated quoted string";
          });
    }
    at++;
    Source source = source(start, text.substring(start, at));
    return new Node.Literal(
        quote == '\'' ? (Object) character(value.toString(), source) : value.toString(), source);
  }

  private long character(String value, Source source) {
    if (value.isEmpty()) {
      throw failed("invalid syntax");
    }
    if (value.codePointCount(0, value.length()) > 1) {
      throw failed("malformed character constant: " + source.text());
    }
    return value.codePointAt(0);
  }

  private static char escape(char c) {
    return switch (c) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      default -> c;
    };
  }

  private Operand dotOrField(int start) {
    List<String> path = path();
    if (path.isEmpty()) {
      at++;
      return new Node.Dot(source(start, "."));
    }
    String whole = text.substring(start, at);
    int second = whole.indexOf('.', 1); // Go counts the position of a chain from its second link
    return new Node.Field(path, source(second < 0 ? start : start + second, whole));
  }

  private List<String> path() {
    List<String> path = new ArrayList<>();
    while (at + 1 < text.length() && text.charAt(at) == '.' && isNameStart(text.charAt(at + 1))) {
      at++;
      path.add(readIdentifier());
    }
    return path;
  }

  private static boolean isNameStart(char c) {
    return Character.isLetter(c) || c == '_';
  }

  private Operand number(int start) {
    at++;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '.')) {
      at++;
    }
    String digits = text.substring(start, at);
    try {
      Object value =
          digits.indexOf('.') >= 0 ? (Object) Double.valueOf(digits) : Long.decode(digits);
      return new Node.Literal(value, source(start, digits));
    } catch (NumberFormatException e) {
      throw failed("bad number syntax: \"" + digits + "\"");
    }
  }

  private Operand named(int start) {
    String word = readIdentifier();
    Source source = source(start, word);
    return switch (word) {
      case "true" -> new Node.Literal(true, source);
      case "false" -> new Node.Literal(false, source);
      case "nil" -> new Node.Nothing(source);
      default -> {
        if (!Functions.known(word)) {
          throw failed("function \"" + word + "\" not defined");
        }
        yield new Node.Function(word, source);
      }
    };
  }

  private String readIdentifier() {
    int start = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
      at++;
    }
    return text.substring(start, at);
  }

  private String peekWord() {
    int end = at;
    while (end < text.length() && Character.isLetter(text.charAt(end))) {
      end++;
    }
    return text.substring(at, end);
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private Source source(int position, String of) {
    int lineStart = text.lastIndexOf('\n', position - 1) + 1;
    return new Source(line(position), position - lineStart, of);
  }

  private int line(int position) {
    int line = 1;
    for (int i = 0; i < Math.min(position, text.length()); i++) {
      if (text.charAt(i) == '\n') {
        line++;
      }
    }
    return line;
  }

  private TemplateException failed(String why) {
    return new TemplateException("template: :" + line(at) + ": " + why);
  }
}
