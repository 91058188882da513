package gantry.testing;

/// What the process that runs the tests may do.
public final class Privileges {
  private Privileges() {}

  /// Whether this process is root: condition of [KernelTest].
  public static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }
}
