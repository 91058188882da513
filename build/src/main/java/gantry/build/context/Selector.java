package gantry.build.context;

import gantry.build.BuildException;
import gantry.build.context.IgnoreRules.Match;
import gantry.build.context.Selection.Entry;
import gantry.build.context.Selection.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Finds the files that a COPY or ADD names, as BuildKit does:
///
/// - a link that is named is followed, as are those above it; links in a directory that is copied,
///   and in directories that a pattern goes through, are not;
/// - a pattern without a match is nothing, a path that does not exist is an error;
/// - of a directory, the contents are copied.
final class Selector {
  private final SourceTree tree;
  private final Sources sources;

  Selector(SourceTree tree, Sources sources) {
    this.tree = tree;
    this.sources = sources;
  }

  List<Item> items() {
    List<Item> items = new ArrayList<>();
    for (String path : sources.paths()) {
      switch (sources.parents()) {
        case DROPPED -> find(path, items);
        case KEPT -> items.add(withParents(path));
      }
    }
    return items;
  }

  private void find(String written, List<Item> items) {
    String path = TreePath.clean(written);
    List<String> parts = List.of(path.split("/", -1));
    int first = 0;
    while (first < parts.size() && !PathPattern.isGlob(parts.get(first))) {
      first++;
    }
    if (first == parts.size()) {
      items.add(item(path));
      return;
    }
    String base = String.join("/", parts.subList(0, first));
    Node directory = tree.resolve(base).orElseThrow(() -> notFound(base));
    for (String match : matches(directory, parts.subList(first, parts.size()))) {
      items.add(item(TreePath.child(base, match)));
    }
  }

  private static PathPattern pattern(String text) {
    try {
      return PathPattern.ofGlob(text);
    } catch (IllegalArgumentException e) {
      throw BuildException.invalid("invalid source " + e.getMessage());
    }
  }

  /// The paths below a directory that a pattern matches, component by component.
  private List<String> matches(Node directory, List<String> parts) {
    List<String> found = new ArrayList<>();
    List<PathPattern> patterns = parts.stream().map(Selector::pattern).toList();
    match(directory, "", patterns, found);
    return found;
  }

  private void match(Node at, String path, List<PathPattern> patterns, List<String> found) {
    if (patterns.isEmpty()) {
      found.add(path);
      return;
    }
    if (!at.stat().directory()) {
      return;
    }
    List<PathPattern> rest = patterns.subList(1, patterns.size());
    for (Node child : tree.children(at)) {
      if (patterns.getFirst().matches(child.name())) {
        match(child, TreePath.child(path, child.name()), rest, found);
      }
    }
  }

  private Item item(String path) {
    Node node = tree.resolve(path).orElseThrow(() -> notFound(path));
    List<Entry> entries = new ArrayList<>();
    if (node.stat().directory()) {
      new Walk(Optional.empty(), entries).contents(node);
    } else {
      entries.add(new Entry("", node));
    }
    return new Item(TreePath.name(path), node, entries);
  }

  /// What a pattern matches below the pivot, or all of it, with the directories above.
  private Item withParents(String written) {
    int cut = written.indexOf("/./");
    String base = TreePath.clean(cut < 0 ? "" : written.substring(0, cut));
    String named = TreePath.clean(cut < 0 ? written : written.substring(cut + 3));
    Node pivot = tree.resolve(base).orElseThrow(() -> notFound(base));
    if (!pivot.stat().directory()) {
      throw notFound(TreePath.child(base, named));
    }
    List<Entry> entries = new ArrayList<>();
    Optional<IgnoreRules> only =
        named.isEmpty() ? Optional.empty() : Optional.of(IgnoreRules.of(List.of(named)));
    new Walk(only, entries).contents(pivot);
    if (entries.isEmpty() && !named.isEmpty() && !PathPattern.isGlob(named)) {
      throw notFound(TreePath.child(base, named));
    }
    return new Item(TreePath.name(base), pivot, entries);
  }

  private BuildException notFound(String path) {
    Optional<IgnoreRules.Rule> rule = tree.origin().ignored().excluding(path);
    String why =
        rule.map(
                r -> "; line %d of the ignore file leaves it out: %s".formatted(r.line(), r.text()))
            .orElse("");
    return new BuildException(
        BuildException.Kind.NOT_FOUND,
        "\"%s\": not found%s".formatted(SourceTree.shown(path), why));
  }

  /// Goes through a directory that is copied.
  private final class Walk {
    private final Optional<IgnoreRules> only;
    private final IgnoreRules excludes = sources.excludes();
    private final List<Entry> entries;

    /// @param only what is taken; empty for everything
    Walk(Optional<IgnoreRules> only, List<Entry> entries) {
      this.only = only;
      this.entries = entries;
    }

    void contents(Node directory) {
      contents(directory, "", IgnoreRules.ROOT, IgnoreRules.ROOT);
    }

    private void contents(Node directory, String path, Match left, Match named) {
      for (Node child : tree.children(directory)) {
        String below = TreePath.child(path, child.name());
        Match excluded = excludes.match(below, left);
        Match included = only.map(rules -> rules.match(below, named)).orElse(named);
        boolean taken = !excluded.excluded() && (only.isEmpty() || included.excluded());
        if (!child.stat().directory()) {
          if (taken) {
            entries.add(new Entry(below, child));
          }
        } else if (taken || mayHold(below, excluded, included)) {
          int before = entries.size();
          entries.add(new Entry(below, child));
          contents(child, below, excluded, included);
          if (!taken && entries.size() == before + 1) {
            entries.removeLast(); // nothing in it is wanted
          }
        }
      }
    }

    /// Whether a directory that is not wanted may have something in it that is.
    private boolean mayHold(String path, Match excluded, Match included) {
      boolean wanted = !excluded.excluded() || excludes.mayReinclude(path);
      boolean named = only.isEmpty() || included.excluded() || only.get().mayMatchBeneath(path);
      return wanted && named;
    }
  }
}
