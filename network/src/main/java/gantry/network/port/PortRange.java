package gantry.network.port;

/// Ports of the host of which one is wanted; 0 alone means any.
public record PortRange(int first, int last) {
  /// Whichever is free.
  public static final PortRange ANY = new PortRange(0, 0);

  public PortRange {
    if (first < 0 || last < first || last > 65_535) {
      throw new IllegalArgumentException(
          "invalid port specification: \"%d-%d\"".formatted(first, last));
    }
  }

  /// Reads `8080` or `8000-8010`; the empty text and `0` mean any.
  ///
  /// @throws IllegalArgumentException in Docker's words when it is anything else
  public static PortRange parse(String text) {
    if (text.isEmpty()) {
      return ANY;
    }
    if (!text.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
      throw new IllegalArgumentException("invalid port specification: \"%s\"".formatted(text));
    }
    int dash = text.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? text : text.substring(0, dash));
    int last = dash < 0 ? first : Integer.parseInt(text.substring(dash + 1));
    if (last < first || last > 65_535) {
      throw new IllegalArgumentException("invalid port specification: \"%s\"".formatted(text));
    }
    return new PortRange(first, last);
  }

  boolean any() {
    return last == 0;
  }

  boolean single() {
    return first == last && !any();
  }

  @Override
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
