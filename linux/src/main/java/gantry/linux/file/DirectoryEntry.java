package gantry.linux.file;

/// A name in a directory.
///
/// @param name one component; bytes that are no UTF-8 are kept as lone surrogates
/// @param type what the directory says it is, [FileType#UNKNOWN] where it does not: then stat
/// @param inode number
public record DirectoryEntry(String name, FileType type, long inode) {}
