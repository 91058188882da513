package gantry.cli.build;

import gantry.cli.command.CliException;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Where a context is, as the command line names it.
sealed interface Place {
  /// A directory of this machine.
  record Directory(Path path) implements Place {
    @Override
    public JsonObject offer(Offer offer, String dockerfile) throws IOException {
      return offer.directory(path, IgnoreFile.of(path, dockerfile));
    }
  }

  /// An archive, from standard input or a file.
  record Archive(InputStream in) implements Place {
    @Override
    public JsonObject offer(Offer offer, String dockerfile) {
      return offer.archive(in);
    }
  }

  /// A Dockerfile and no files at all.
  record Dockerfile(String text) implements Place {
    @Override
    public JsonObject offer(Offer offer, String dockerfile) {
      return JsonObject.create();
    }
  }

  /// What the daemon fetches itself: a git repository, or a file at an address.
  record Url(String url) implements Place {
    @Override
    public JsonObject offer(Offer offer, String dockerfile) {
      return JsonObject.create().put("url", url);
    }
  }

  /// The files of an image.
  record Image(String reference) implements Place {
    @Override
    public JsonObject offer(Offer offer, String dockerfile) {
      return JsonObject.create().put("image", reference);
    }
  }

  /// The context as the protocol names it, with what the daemon needs of this machine for it.
  ///
  /// @param dockerfile path of the Dockerfile in it; empty if it is elsewhere
  JsonObject offer(Offer offer, String dockerfile) throws IOException;

  /// How large a Dockerfile may be that is sent as text.
  int DOCKERFILE_LIMIT_BYTES = 8 << 20;

  /// Reads the argument of `build`; `-` is standard input, an archive or a Dockerfile.
  static Place parse(String text, InputStream standardInput) throws IOException {
    if (text.equals("-")) {
      return read(standardInput);
    }
    Path path = Path.of(text);
    if (Files.isDirectory(path)) {
      return new Directory(path);
    }
    if (isUrl(text)) {
      return new Url(text);
    }
    throw new CliException(
        Files.exists(path)
            ? "unable to prepare context: context must be a directory: " + path.toAbsolutePath()
            : "unable to prepare context: path \"" + text + "\" not found");
  }

  /// Reads the value of a `--build-context`.
  static Place parseNamed(String text) throws IOException {
    if (text.startsWith("docker-image://")) {
      return new Image(text.substring("docker-image://".length()));
    }
    if (text.startsWith("oci-layout://")) {
      throw new CliException(
          "gantry cannot use an OCI layout as a context yet: load it, and name the image: " + text);
    }
    Path path = Path.of(text);
    if (Files.isRegularFile(path)) {
      return new Archive(Files.newInputStream(path));
    }
    return parse(text, InputStream.nullInputStream());
  }

  private static boolean isUrl(String text) {
    return List.of("http://", "https://", "git://", "ssh://", "git@", "github.com/").stream()
        .anyMatch(text::startsWith);
  }

  private static Place read(InputStream in) throws IOException {
    PushbackInputStream pushback = new PushbackInputStream(in, 512);
    byte[] begin = pushback.readNBytes(512);
    pushback.unread(begin);
    if (isArchive(begin)) {
      return new Archive(pushback);
    }
    return new Dockerfile(readDockerfile(pushback));
  }

  /// Reads a Dockerfile whole.
  static String readDockerfile(InputStream in) throws IOException {
    byte[] text = in.readNBytes(DOCKERFILE_LIMIT_BYTES + 1);
    if (text.length > DOCKERFILE_LIMIT_BYTES) {
      throw new CliException(
          "the Dockerfile is larger than " + DOCKERFILE_LIMIT_BYTES + " bytes, which none is");
    }
    return new String(text, StandardCharsets.UTF_8);
  }

  // A tar archive says so at 257 (POSIX 1003.1, "ustar"); compressed ones by their first bytes.
  private static boolean isArchive(byte[] begin) {
    return startsWith(begin, 257, 'u', 's', 't', 'a', 'r')
        || startsWith(begin, 0, 0x1f, 0x8b)
        || startsWith(begin, 0, 'B', 'Z', 'h')
        || startsWith(begin, 0, 0xfd, '7', 'z', 'X', 'Z', 0)
        || startsWith(begin, 0, 0x28, 0xb5, 0x2f, 0xfd);
  }

  private static boolean startsWith(byte[] bytes, int offset, int... magic) {
    byte[] wanted = new byte[magic.length];
    for (int i = 0; i < magic.length; i++) {
      wanted[i] = (byte) magic[i];
    }
    int end = offset + magic.length;
    return bytes.length >= end && Arrays.equals(bytes, offset, end, wanted, 0, magic.length);
  }
}
