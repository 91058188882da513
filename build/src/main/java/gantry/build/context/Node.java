package gantry.build.context;

import gantry.linux.file.FileStat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One file of a tree as it was when first looked at. What costs more than a look is added when it
/// is wanted; guarded by its tree.
final class Node {
  private final String path;
  private FileStat stat;
  private final IgnoreRules.Match match;
  private @Nullable List<Node> children;
  private @Nullable Sha256 content;
  private @Nullable String target;
  private @Nullable Map<String, byte[]> attributes;

  Node(String path, FileStat stat, IgnoreRules.Match match) {
    this.path = path;
    this.stat = stat;
    this.match = match;
  }

  /// Below the root of the tree, without links: `a/b`.
  String path() {
    return path;
  }

  String name() {
    return TreePath.name(path);
  }

  FileStat stat() {
    return stat;
  }

  /// What the ignore rules say of it.
  IgnoreRules.Match match() {
    return match;
  }

  @Nullable List<Node> children() {
    return children;
  }

  void setChildren(List<Node> children) {
    this.children = children;
  }

  /// Of a regular file, once it is read.
  @Nullable Sha256 content() {
    return content;
  }

  /// What a file contains, and what it was while it was read.
  void setContent(FileStat stat, Sha256 content) {
    this.stat = stat;
    this.content = content;
  }

  /// The text of a symbolic link, once it is read.
  @Nullable String target() {
    return target;
  }

  void setTarget(String target) {
    this.target = target;
  }

  /// The extended attributes that are copied, once they are read.
  @Nullable Map<String, byte[]> attributes() {
    return attributes;
  }

  void setAttributes(Map<String, byte[]> attributes) {
    this.attributes = attributes;
  }
}
