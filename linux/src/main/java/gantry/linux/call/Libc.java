package gantry.linux.call;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The one shape in which native code is called: up to seven words in, one word out, errno captured
/// by the call.
///
/// Linking a method handle costs about a millisecond and some classes, and a client's start must
/// stay small, so one handle serves every function: on x86-64 and arm64 integers and pointers
/// travel in whole registers alike, a callee reads as many of them as it declares, and no function
/// used here takes floating-point or variadic stack arguments. The call is not `critical`: it may
/// block, and the garbage collector goes on meanwhile.
final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();

  /// (function, errno buffer, seven words) → word.
  static final MethodHandle CALL =
      LINKER.downcallHandle(
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
              JAVA_LONG),
          Linker.Option.captureCallState("errno"));

  /// syscall(2): number and six arguments; -1 and errno for an error.
  static final MemorySegment SYSCALL = function("syscall");

  private Libc() {}

  static MemorySegment function(String name) {
    return LINKER
        .defaultLookup()
        .find(name)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "this machine's libc has no '" + name + "'; glibc 2.34 does"));
  }
}
