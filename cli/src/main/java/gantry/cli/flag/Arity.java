package gantry.cli.flag;

/// How many positional arguments a command takes.
///
/// @param least the smallest number
/// @param most the largest number; [#UNBOUNDED] for no limit
public record Arity(int least, int most) {

  /// No upper limit.
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  public static final Arity NONE = new Arity(0, 0);
  public static final Arity ANY = new Arity(0, UNBOUNDED);

  /// Exactly `count` arguments.
  public static Arity exactly(int count) {
    return new Arity(count, count);
  }

  /// `count` arguments or more.
  public static Arity atLeast(int count) {
    return new Arity(count, UNBOUNDED);
  }

  /// At most `count` arguments.
  public static Arity atMost(int count) {
    return new Arity(0, count);
  }

  /// Between `least` and `most` arguments.
  public static Arity between(int least, int most) {
    return new Arity(least, most);
  }

  /// Whether so many arguments are right.
  public boolean accepts(int count) {
    return count >= least && count <= most;
  }

  /// The words of the complaint, as Docker words it.
  public String complaint(String path) {
    String command = "'" + path + "' ";
    if (most == 0) {
      return command + "accepts no arguments";
    }
    if (most == UNBOUNDED) {
      return command + "requires at least " + counted(least);
    }
    if (least == most) {
      return command + "requires " + counted(least);
    }
    if (least == 0) {
      return command + "requires at most " + counted(most);
    }
    return command + "requires at least " + least + " and at most " + counted(most);
  }

  private static String counted(int count) {
    return count + (count == 1 ? " argument" : " arguments");
  }
}
