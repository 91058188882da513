package gantry.daemon.build;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.http.Peer;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.OpenFlags;
import java.util.Optional;

/// Files that a client lends by naming a descriptor of its own process.
///
/// What is lent is what the client has open, in whatever mount namespace or root it lives; no path
/// is looked up in its name. The daemon then reads below a lent directory with its own rights, so
/// it takes one only of a client that has these rights too: root, or the daemon's own user. Others
/// send an archive, made with theirs.
final class LentFiles {
  private final Optional<Peer> peer;
  private final int ownUser;

  /// @param peer borrowed
  /// @param ownUser whom the daemon runs as
  LentFiles(Optional<Peer> peer, int ownUser) {
    this.peer = peer;
    this.ownUser = ownUser;
  }

  /// The lent directory, opened anew, so that the client does not share its position. The caller
  /// closes it.
  ///
  /// @throws EngineException `FORBIDDEN` when it cannot be had, and the client should send an
  ///   archive instead
  OwnedFd directory(int number) {
    try (OwnedFd lent = take(number, "directory")) {
      FileStat stat = At.stat(lent);
      if (!stat.directory()) {
        throw refused("descriptor %d is a %s, not a directory".formatted(number, stat.type()));
      }
      if ((FileControl.flags(lent) & OpenFlags.O_PATH) != 0) {
        throw refused("descriptor %d is not open for reading".formatted(number));
      }
      return At.open(lent, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    } catch (SyscallException e) {
      throw refused("directory of descriptor %d: %s".formatted(number, e.getMessage()));
    }
  }

  /// The lent socket file. The caller closes it.
  ///
  /// @throws EngineException `FORBIDDEN` when it cannot be had
  OwnedFd socket(int number) {
    OwnedFd lent = take(number, "socket");
    FileStat stat = At.stat(lent);
    if (stat.type() != FileType.SOCKET) {
      lent.close();
      throw refused("descriptor %d is a %s, not a socket".formatted(number, stat.type()));
    }
    return lent;
  }

  private OwnedFd take(int number, String what) {
    Peer from =
        peer.orElseThrow(
            () ->
                refused("a %s can be lent on a unix socket of this machine only".formatted(what)));
    int user = from.credentials().uid();
    if (user != 0 && user != ownUser) {
      throw refused(
          "a %s is taken of root and of the daemon's own user only, not of user %d"
              .formatted(what, user));
    }
    try {
      return from.process().take(number);
    } catch (SyscallException e) {
      throw refused(
          "descriptor %d of process %d: %s"
              .formatted(number, from.credentials().pid(), e.getMessage()));
    }
  }

  private static EngineException refused(String why) {
    return new EngineException(ErrorKind.FORBIDDEN, "cannot use what the client lends: " + why);
  }
}
