package gantry.linux.nftables;

/// A connection to the packet filter of the network namespace in which it was opened.
///
/// What one [#run] is given is one transaction: all of it happens, or nothing. Thread-safe.
///
/// The library waits by select(2), which knows descriptors below 1024 alone; a higher one ends the
/// whole process, and an engine with a few hundred containers has more open. It also opens its
/// socket anew whenever somebody else changes the filter while it reads. So each connection has a
/// [SecludedThread], where its socket's number is low, and nobody else takes it while it is opened
/// again.
///
/// Source: libnftables(3), nft(8). The library is Debian's `libnftables1`, Fedora's
/// `nftables-libs`.
public final class Nftables implements AutoCloseable {
  static {
    // Loaded here, as the thread cannot read the jar that it is in.
    boolean _ = NftablesException.class.desiredAssertionStatus();
  }

  private final SecludedThread thread;
  private final NftablesContext context;

  private Nftables(SecludedThread thread, NftablesContext context) {
    this.thread = thread;
    this.context = context;
  }

  /// Opens a connection in the network namespace of the calling thread.
  ///
  /// @throws NftablesException when the library is missing, saying which package has it
  public static Nftables open() {
    SecludedThread thread = SecludedThread.start();
    try {
      return new Nftables(thread, thread.call(NftablesContext::open));
    } catch (RuntimeException | Error e) {
      thread.close();
      throw e;
    }
  }

  /// Runs commands once, in the network namespace of the calling thread.
  public static void runAlone(String commands) {
    try (Nftables alone = open()) {
      String _ = alone.run(commands);
    }
  }

  /// Runs commands in the language of nft(8), and returns what they print.
  ///
  /// @throws NftablesException with the library's words when it refuses one of them
  /// @throws IllegalStateException when it is closed
  public String run(String commands) {
    return thread.call(() -> context.run(commands));
  }

  /// Waits for what is being run.
  @Override
  public void close() {
    thread.close(context::close);
  }
}
