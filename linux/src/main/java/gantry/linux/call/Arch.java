package gantry.linux.call;

/// The processor architectures that Gantry runs on. Both are little-endian with 64-bit pointers,
/// and share the layout of every structure that this module uses; the numbers of system calls and
/// four `O_` flags differ.
public enum Arch {
  X86_64,
  AARCH64;

  /// The one this process runs on.
  public static final Arch CURRENT = parse(System.getProperty("os.arch", ""));

  /// The value for the current architecture.
  public static int pick(int x8664, int aarch64) {
    return CURRENT == X86_64 ? x8664 : aarch64;
  }

  static Arch parse(String name) {
    return switch (name) {
      case "amd64", "x86_64" -> X86_64;
      case "aarch64", "arm64" -> AARCH64;
      default ->
          throw new IllegalStateException(
              "Gantry runs on x86-64 and arm64, this processor is '" + name + "'");
    };
  }
}
