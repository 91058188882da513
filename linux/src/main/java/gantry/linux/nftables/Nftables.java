package gantry.linux.nftables;

import static gantry.linux.SyscallException.check;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/// A connection to the packet filter of the network namespace in which it was opened.
///
/// What one [#run] is given is one transaction: all of it happens, or nothing. Thread-safe.
///
/// The library waits by select(2), which knows descriptors below 1024 alone; a higher one ends the
/// whole process, and an engine with a few hundred containers has more open. It also opens its
/// socket anew whenever somebody else changes the filter while it reads. So each connection has a
/// thread with a table of descriptors of its own: there its socket's number is low, and nobody else
/// takes it while it is opened again.
///
/// Source: libnftables(3), nft(8). The library is Debian's `libnftables1`, Fedora's
/// `nftables-libs`.
public final class Nftables implements AutoCloseable {
  private static final int CLONE_FILES = 0x400; // linux/sched.h

  /// Open for good, and early: its number is one that the library can wait for.
  private static final OwnedFd LOW = At.open(Fd.CWD, "/dev/null", OpenFlags.O_RDONLY);

  private final ExecutorService thread;
  private final NftablesContext context;

  private Nftables(ExecutorService thread, NftablesContext context) {
    this.thread = thread;
    this.context = context;
  }

  /// Opens a connection in the network namespace of the calling thread.
  ///
  /// @throws NftablesException when the library is missing, saying which package has it
  public static Nftables open() {
    // a platform thread: it is born in the namespace of who starts it, and stays there
    ExecutorService thread =
        Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("nftables").factory());
    try {
      return new Nftables(thread, on(thread, Nftables::openAlone));
    } catch (RuntimeException | Error e) {
      thread.shutdown();
      throw e;
    }
  }

  /// Runs commands once, in the network namespace of the calling thread, which must be one that is
  /// thrown away: it opens and closes nothing for others from now on.
  public static void runAlone(String commands) {
    try (NftablesContext context = openAlone()) {
      String _ = context.run(commands);
    }
  }

  /// Gives up a low number in a table of descriptors that is the calling thread's own.
  private static NftablesContext openAlone() {
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.UNSHARE, CLONE_FILES), "unshare", "CLONE_FILES");
      check(frame.call(Sys.CLOSE, LOW.value()), "close", "a low descriptor");
    }
    return NftablesContext.open();
  }

  /// Runs commands in the language of nft(8), and returns what they print.
  ///
  /// @throws NftablesException with the library's words when it refuses one of them
  public String run(String commands) {
    if (thread.isShutdown()) {
      throw new IllegalStateException("the connection to the packet filter is closed");
    }
    return on(thread, () -> context.run(commands));
  }

  private static <T> T on(ExecutorService thread, Supplier<T> work) {
    try {
      return CompletableFuture.supplyAsync(work, thread).join();
    } catch (CompletionException e) {
      throw switch (e.getCause()) {
        case RuntimeException cause -> cause;
        case Error cause -> throw cause;
        case null, default -> e;
      };
    }
  }

  /// Waits for what is being run.
  @Override
  public void close() {
    if (!thread.isShutdown()) {
      thread.execute(context::close);
      thread.close();
    }
  }
}
