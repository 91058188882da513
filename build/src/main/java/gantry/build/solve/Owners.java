package gantry.build.solve;

import gantry.build.BuildException;
import gantry.image.Accounts;
import gantry.image.tar.Extractor.Owner;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import java.util.List;
import java.util.Optional;

/// Whom `--chown` means: names are those of the stage's own `/etc/passwd` and `/etc/group`.
final class Owners {
  private static final int FILE_MAX = 16 << 20;

  private Owners() {}

  /// @param text `user`, `uid`, `user:group`, `uid:gid`; a number alone is the group's too
  /// @param root the stage's files
  static Owner find(String text, Fd root) {
    String complete = text.matches("[0-9]+") ? text + ":" + text : text;
    try {
      Accounts.Account account =
          Accounts.read(file(root, "/etc/passwd"), file(root, "/etc/group"))
              .find(complete, List.of());
      return new Owner(account.uid(), account.gid());
    } catch (Accounts.UnknownAccountException e) {
      throw new BuildException(
          BuildException.Kind.INVALID, "invalid owner '%s': %s".formatted(text, e.getMessage()), e);
    }
  }

  /// Whom `USER` means, as the owner of a directory that is made for it.
  static Owner ofUser(String user, Fd root) {
    return user.isEmpty() ? new Owner(0, 0) : find(user, root);
  }

  private static byte[] file(Fd root, String path) {
    Optional<OwnedFd> file =
        At.openInRootIfExists(root, path, OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK);
    if (file.isEmpty()) {
      return new byte[0];
    }
    try (OwnedFd open = file.get()) {
      return At.stat(open).regular() ? FileIo.readAll(open, FILE_MAX) : new byte[0];
    }
  }
}
