/// Tar archives: out of a stream into a directory, and out of a directory into a stream.
///
/// Own code rather than a library's, for three reasons: extended attributes and names are bytes,
/// which libraries for Java decode as text and so spoil; every file is reached by descriptor below
/// a root; and content moves from file to file inside of the kernel.
package gantry.image.tar;
