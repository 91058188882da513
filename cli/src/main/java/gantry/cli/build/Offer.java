package gantry.cli.build;

import gantry.cli.command.CliException;
import gantry.cli.copy.TarEntries;
import gantry.cli.json.JsonObject;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a build needs of this machine, and how the daemon gets it: directories by the numbers of
/// their descriptors, which it takes from this process, or as archives in the request; see
/// docs/build-protocol.md.
final class Offer implements AutoCloseable {
  private final boolean lending;
  private final List<AutoCloseable> held = new ArrayList<>();
  private final List<Archive> archives = new ArrayList<>();
  private Optional<IOException> failure = Optional.empty();

  /// Writes an archive.
  private interface Archive {
    void writeTo(OutputStream out) throws IOException;
  }

  /// @param lending whether the daemon may take descriptors of this process
  Offer(boolean lending) {
    this.lending = lending;
  }

  /// Whether the daemon takes anything of this process itself.
  boolean lends() {
    return !held.isEmpty();
  }

  /// A directory, as the protocol names it.
  ///
  /// @param filter what of it is packed, where it is not lent
  JsonObject directory(Path directory, TarEntries.Filter filter) throws IOException {
    if (!lending) {
      archives.add(out -> TarEntries.writeContents(out, directory, filter));
      return archive();
    }
    // Java opens it, and only the kernel tells its number.
    held.add(FileChannel.open(directory, StandardOpenOption.READ));
    return JsonObject.create().put("descriptor", (long) numberOf(directory));
  }

  private static JsonObject archive() {
    return JsonObject.create().put("archive", true);
  }

  private static int numberOf(Path directory) throws IOException {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.exists(descriptor) && Files.isSameFile(descriptor, directory)) {
          return Integer.parseInt(descriptor.getFileName().toString());
        }
      }
    }
    throw new IOException("cannot find the descriptor of " + directory + " in /proc/self/fd");
  }

  /// An archive that is there already, as the protocol names it; closed with this.
  JsonObject archive(InputStream in) {
    archives.add(in::transferTo);
    return archive();
  }

  /// The socket of an SSH agent, as the protocol names it: the number of its descriptor.
  long agent(String path) {
    if (!lending) {
      throw new CliException(
          "--ssh needs a daemon on this machine, reached by its unix socket: it takes the agent's socket of this process");
    }
    LentSocket socket = LentSocket.open(path);
    held.add(socket);
    return socket.number();
  }

  /// Writes what follows the first line of the request.
  void writeTo(OutputStream out) throws IOException {
    try {
      for (Archive archive : archives) {
        Pieces pieces = new Pieces(out);
        archive.writeTo(pieces);
        pieces.end();
      }
    } catch (IOException e) {
      failure = Optional.of(e);
      throw e;
    }
  }

  /// Why the archives could not be written.
  Optional<IOException> failure() {
    return failure;
  }

  /// A stream in pieces with their lengths, ended by one of length 0.
  private static final class Pieces extends OutputStream {
    private static final int PIECE_BYTES = 64 << 10;

    private final DataOutputStream out;
    private final byte[] piece = new byte[PIECE_BYTES];
    private int filled;

    Pieces(OutputStream out) {
      this.out = new DataOutputStream(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int done = 0;
      while (done < length) {
        int n = Math.min(length - done, piece.length - filled);
        System.arraycopy(bytes, offset + done, piece, filled, n);
        filled += n;
        done += n;
        if (filled == piece.length) {
          send();
        }
      }
    }

    private void send() throws IOException {
      if (filled > 0) {
        out.writeInt(filled);
        out.write(piece, 0, filled);
        filled = 0;
      }
    }

    void end() throws IOException {
      send();
      out.writeInt(0);
      out.flush();
    }
  }

  @Override
  public void close() throws IOException {
    for (AutoCloseable resource : held) {
      try {
        resource.close();
      } catch (IOException e) {
        throw e;
      } catch (Exception e) {
        throw new IOException(e);
      }
    }
  }
}
