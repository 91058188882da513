package gantry.engine.container;

/// Rows and columns of a terminal; 0×0 is unknown.
public record TerminalSize(int rows, int columns) {
  public static final TerminalSize UNKNOWN = new TerminalSize(0, 0);
}
