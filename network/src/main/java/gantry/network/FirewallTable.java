package gantry.network;

/// The engine's one nftables table, `inet <name>`, for those who have a share in it: what publishes
/// ports has its sets, maps and chains there.
public interface FirewallTable {
  /// Somebody's share.
  interface Part {
    /// What stands in the table for it: sets, maps and chains with all that is in them, in the
    /// language of nft(8). Asked for whenever the table is put in place as a whole.
    String text();
  }

  String name();

  /// The table has this part from the next time on that it is put in place, which [Networks#repair]
  /// does; to be called before it.
  void add(Part part);

  /// Runs commands in the language of nft(8) as one transaction. Before the table stands they are
  /// not run: what they would change comes with the part's text.
  ///
  /// @throws gantry.linux.nftables.NftablesException when the kernel refuses; nothing was changed
  void run(String commands);
}
