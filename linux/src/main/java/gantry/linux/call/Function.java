package gantry.linux.call;

import java.lang.foreign.MemorySegment;

/// A function of the C library, for what the kernel alone does not do (posix_spawn). Integers and
/// pointers only, six arguments at most.
public final class Function {
  private final MemorySegment address;

  private Function(MemorySegment address) {
    this.address = address;
  }

  /// Looks the function up by its symbol.
  public static Function named(String symbol) {
    return new Function(Libc.function(symbol));
  }

  MemorySegment address() {
    return address;
  }
}
