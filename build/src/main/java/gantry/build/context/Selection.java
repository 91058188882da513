package gantry.build.context;

import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.oci.Digest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The files that a COPY or ADD names, in the order in which they are copied, with all that is
/// known of them. As its [SourceTree] saw them; immutable.
public final class Selection {
  /// One file below a source.
  ///
  /// @param path below the destination; empty for a source that is no directory itself
  record Entry(String path, Node node) {}

  /// One source, after patterns and links.
  ///
  /// @param name what it is called in a destination that is a directory
  /// @param node what it is; of a directory, the contents are copied
  /// @param entries the file, or what is in the directory, parents before children
  record Item(String name, Node node, List<Entry> entries) {
    boolean directory() {
      return node.stat().directory();
    }
  }

  /// A file by its number, as hard links have it.
  record Inode(long device, long number) {
    static Inode of(FileStat stat) {
      return new Inode(stat.device().encoded(), stat.inode());
    }
  }

  private final SourceTree tree;
  private final List<Item> items;
  private @Nullable Digest digest;

  Selection(SourceTree tree, List<Item> items) {
    this.tree = tree;
    this.items = List.copyOf(items);
  }

  SourceTree tree() {
    return tree;
  }

  List<Item> items() {
    return items;
  }

  /// Whether there are no files: patterns without a match, or empty directories.
  public boolean isEmpty() {
    return items.stream().allMatch(item -> item.entries().isEmpty());
  }

  /// How many files, directories and links there are.
  public int files() {
    return items.stream().mapToInt(item -> item.entries().size()).sum();
  }

  /// What all regular files come to.
  public long sizeBytes() {
    return items.stream()
        .flatMap(item -> item.entries().stream())
        .filter(entry -> entry.node().stat().regular())
        .mapToLong(entry -> entry.node().stat().sizeBytes())
        .sum();
  }

  /// The digest of everything that copying them depends on: names in the destination, what each is,
  /// permissions, owners (of a context's files all root's), contents, where links point to,
  /// extended attributes that are copied, device numbers, and which are hard links of one file. No
  /// times, and not where in the tree the files are.
  public synchronized Digest digest() {
    Digest known = digest;
    if (known == null) {
      FieldHash hash = new FieldHash();
      for (Item item : items) {
        hash.text(item.name()).number(item.directory() ? 1 : 0).number(item.entries().size());
        add(hash, item.entries());
      }
      known = hash.finish();
      digest = known;
    }
    return known;
  }

  private void add(FieldHash hash, List<Entry> entries) {
    Map<Inode, String> linked = new HashMap<>();
    for (Entry entry : entries) {
      Node node = entry.node();
      FileStat stat = node.stat();
      hash.text(entry.path()).number(stat.mode()).number(uid(stat)).number(gid(stat));
      Map<String, byte[]> attributes = Objects.requireNonNullElse(node.attributes(), Map.of());
      hash.number(attributes.size());
      attributes.forEach((name, value) -> hash.text(name).bytes(value));
      switch (stat.type()) {
        case REGULAR -> {
          hash.sha256(Objects.requireNonNull(node.content()));
          String first = stat.links() < 2 ? null : linked.putIfAbsent(Inode.of(stat), entry.path());
          hash.text(first == null ? "" : first);
        }
        case SYMLINK -> hash.text(Objects.requireNonNull(node.target()));
        case CHARACTER_DEVICE, BLOCK_DEVICE -> hash.number(stat.special().encoded());
        default -> {}
      }
    }
  }

  private int uid(FileStat stat) {
    return tree.origin().owners() == SourceTree.Owners.ROOT ? 0 : stat.uid();
  }

  private int gid(FileStat stat) {
    return tree.origin().owners() == SourceTree.Owners.ROOT ? 0 : stat.gid();
  }

  /// What the digest was made of, to be kept and compared with that of a later build.
  public Manifest manifest() {
    return Manifest.of(
        items.stream()
            .flatMap(item -> item.entries().stream())
            .map(entry -> line(entry.node()))
            .toList());
  }

  private Manifest.Line line(Node node) {
    FileStat stat = node.stat();
    return new Manifest.Line(
        node.path(),
        stat.type(),
        stat.permissions(),
        uid(stat),
        gid(stat),
        Manifest.Fingerprint.of(contentOf(node)));
  }

  private static byte[] contentOf(Node node) {
    FieldHash hash = new FieldHash();
    Optional.ofNullable(node.content()).ifPresent(hash::sha256);
    Optional.ofNullable(node.target()).ifPresent(hash::text);
    Optional.ofNullable(node.attributes())
        .ifPresent(all -> all.forEach((name, value) -> hash.text(name).bytes(value)));
    FileType type = node.stat().type();
    if (type == FileType.CHARACTER_DEVICE || type == FileType.BLOCK_DEVICE) {
      hash.number(node.stat().special().encoded());
    }
    return hash.finishBytes();
  }
}
