package gantry.linux;

/// A file descriptor of this process, lent for the time of a call. Who must close it is an
/// [OwnedFd].
public interface Fd {
  /// Stands for the current directory in the calls that take a directory (`AT_FDCWD`,
  /// linux/fcntl.h): give it with an absolute path.
  Fd CWD = () -> -100;

  Fd STDIN = () -> 0;
  Fd STDOUT = () -> 1;
  Fd STDERR = () -> 2;

  /// The number, valid while the owner keeps it open.
  int value();

  /// Lends a number whose owner is elsewhere.
  static Fd borrowed(int value) {
    return () -> value;
  }

  /// The path by which calls that know no descriptors reach the same file: `/proc/self/fd/7`. Works
  /// for `O_PATH` descriptors too and never follows a symbolic link beyond the descriptor's own
  /// file.
  default String procPath() {
    return "/proc/self/fd/" + value();
  }
}
