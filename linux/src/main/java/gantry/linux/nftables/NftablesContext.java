package gantry.linux.nftables;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.locks.ReentrantLock;

/// A context of libnftables; see [Nftables] for the threads that may use one.
///
/// One command at a time in the whole process: the library's contexts are not apart, they share the
/// names of devices, and two commands at once end the process by SIGSEGV.
final class NftablesContext implements AutoCloseable {
  private static final String LIBRARY = "libnftables.so.1";
  private static final long DEFAULT_FLAGS = 0;
  private static final ReentrantLock COMMANDS = new ReentrantLock();

  /// (function, word, word) → word; a function reads as many words as it declares.
  private static final MethodHandle CALL =
      Linker.nativeLinker().downcallHandle(FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final SymbolLookup library;
  private final MemorySegment run;
  private final MemorySegment errors;
  private final MemorySegment output;
  private long context; // guarded by COMMANDS

  private NftablesContext(SymbolLookup library, long context) {
    this.library = library;
    this.context = context;
    run = function(library, "nft_run_cmd_from_buffer");
    errors = function(library, "nft_ctx_get_error_buffer");
    output = function(library, "nft_ctx_get_output_buffer");
  }

  /// Opens one in the network namespace of the calling thread.
  ///
  /// @throws NftablesException when the library is missing, saying which package has it
  static NftablesContext open() {
    SymbolLookup library = load();
    COMMANDS.lock();
    try {
      long context = invoke(function(library, "nft_ctx_new"), DEFAULT_FLAGS, 0);
      if (context == 0) {
        throw new NftablesException("cannot open the packet filter: libnftables gave no context");
      }
      invoke(function(library, "nft_ctx_buffer_error"), context, 0);
      invoke(function(library, "nft_ctx_buffer_output"), context, 0);
      return new NftablesContext(library, context);
    } finally {
      COMMANDS.unlock();
    }
  }

  /// Runs commands in the language of nft(8), and returns what they print.
  ///
  /// @throws NftablesException with the library's words when it refuses one of them
  String run(String commands) {
    COMMANDS.lock();
    try (Arena arena = Arena.ofConfined()) {
      if (context == 0) {
        throw new IllegalStateException("the connection to the packet filter is closed");
      }
      long result = invoke(run, context, arena.allocateFrom(commands).address());
      String printed = text(output);
      String refused = text(errors);
      if ((int) result != 0) {
        throw new NftablesException(
            "cannot change the packet filter: "
                + refused.strip()
                + "; is nf_tables in the kernel?");
      }
      return printed;
    } finally {
      COMMANDS.unlock();
    }
  }

  @Override
  public void close() {
    COMMANDS.lock();
    try {
      if (context != 0) {
        invoke(function(library, "nft_ctx_free"), context, 0);
        context = 0;
      }
    } finally {
      COMMANDS.unlock();
    }
  }

  private String text(MemorySegment function) {
    long address = invoke(function, context, 0);
    return address == 0
        ? ""
        // a C string of the library, valid until the next command; its end is its NUL
        : MemorySegment.ofAddress(address).reinterpret(Long.MAX_VALUE).getString(0);
  }

  private static SymbolLookup load() {
    try {
      return SymbolLookup.libraryLookup(LIBRARY, Arena.global()); // stays loaded for good
    } catch (IllegalArgumentException e) {
      throw new NftablesException(
          "cannot load %s, which networks of containers need; install Debian's package libnftables1 (Fedora's nftables-libs)"
              .formatted(LIBRARY),
          e);
    }
  }

  private static MemorySegment function(SymbolLookup library, String name) {
    return library
        .find(name)
        .orElseThrow(() -> new NftablesException("%s has no %s".formatted(LIBRARY, name)));
  }

  private static long invoke(MemorySegment function, long first, long second) {
    try {
      return (long) CALL.invokeExact(function, first, second);
    } catch (Throwable impossible) { // declared by MethodHandle only
      throw new AssertionError(impossible);
    }
  }
}
