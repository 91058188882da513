/// What a build reads, and how it gets into an image: trees of files by descriptor, what of them is
/// ignored, which of them a COPY names, what they contain, and the copying.
///
/// ```java
/// SourceTree tree = context.tree(rules);
/// Selection selection = tree.select(Sources.of("src", "*.json"));
/// Digest key = selection.digest();              // decides whether the cache has the step
/// byte[] kept = selection.manifest().encode();  // tells later which file was another one
/// new Copier(root, CopyOptions.PLAIN).copy(selection, "/app/");
/// ```
///
/// Paths are text with slashes below a tree's root; bytes that are no UTF-8 are lone surrogates, as
/// everywhere with files here. No path is ever given to the kernel but below an open directory, and
/// never with a link in it.
@org.jspecify.annotations.NullMarked
package gantry.build.context;
