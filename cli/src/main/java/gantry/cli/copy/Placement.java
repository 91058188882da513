package gantry.cli.copy;

import gantry.cli.command.CliException;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// A path and what is there, as the rules of `cp` need it: `dir` and `dir/.` are not the same
/// source, `x` and `x/` not the same target.
///
/// @param path as the user wrote it, its end included
public record Placement(String path, boolean exists, boolean directory) {

  /// Where an archive is unpacked, and what its first component is called there.
  ///
  /// @param directory the directory that exists already
  public record Target(String directory, Rename rename) {}

  /// The first component of every entry's name: `from` becomes `to`.
  public record Rename(String from, String to) {
    /// The entry's name at its destination.
    public String apply(String name) {
      if (from.equals(to)) {
        return name;
      }
      if (name.equals(from) || name.equals(from + "/")) {
        return to + (name.endsWith("/") ? "/" : "");
      }
      return name.startsWith(from + "/") ? to + name.substring(from.length()) : name;
    }
  }

  /// The last component; `.` for a path that ends in `/.`.
  public static String baseName(String path) {
    String bare = withoutTrailingSlashes(path);
    return bare.substring(bare.lastIndexOf('/') + 1);
  }

  private static String withoutTrailingSlashes(String path) {
    int end = path.length();
    while (end > 1 && path.charAt(end - 1) == '/') {
      end--;
    }
    return path.substring(0, end);
  }

  private static String parent(String path) {
    String bare = withoutTrailingSlashes(path);
    int slash = bare.lastIndexOf('/');
    return slash < 0 ? "." : slash == 0 ? "/" : bare.substring(0, slash);
  }

  /// The same source, whose first component is to be called otherwise: a link that was followed
  /// keeps its own name.
  public Renamed renamed(Optional<String> name) {
    return new Renamed(this, name.orElse(baseName(path)));
  }

  /// A source with the name that it goes by.
  public record Renamed(Placement source, String name) {
    /// Where it lands.
    public Target into(Placement to) {
      Target target = source.into(to);
      boolean kept = target.rename().to().equals(target.rename().from());
      return new Target(
          target.directory(),
          new Rename(target.rename().from(), kept ? name : target.rename().to()));
    }
  }

  /// Where a copy of this lands: inside a directory that exists, or under the target's own name
  /// beside it.
  ///
  /// @throws CliException when a directory would overwrite a file, or a file has no directory to
  ///   land in
  public Target into(Placement to) {
    String base = baseName(path);
    if (to.exists && to.directory) {
      return new Target(to.path, new Rename(base, base));
    }
    if (to.exists && directory) {
      throw new CliException("cannot copy directory");
    }
    boolean wantsDirectory = to.path.endsWith("/") || to.path.endsWith("/.");
    if (!to.exists && wantsDirectory && !directory) {
      throw new CliException("no such directory");
    }
    return new Target(parent(to.path), new Rename(base, baseName(to.path)));
  }

  /// Counts what is read.
  public static InputStream counted(InputStream in, AtomicLong count) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        int b = in.read();
        count.addAndGet(b < 0 ? 0 : 1);
        return b;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int got = in.read(bytes, offset, length);
        count.addAndGet(Math.max(0, got));
        return got;
      }
    };
  }

  /// Counts what is written.
  public static OutputStream counted(OutputStream out, AtomicLong count) {
    return new FilterOutputStream(out) {
      @Override
      public void write(int b) throws IOException {
        out.write(b);
        count.incrementAndGet();
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        count.addAndGet(length);
      }
    };
  }
}
