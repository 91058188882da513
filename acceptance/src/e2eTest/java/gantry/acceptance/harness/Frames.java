package gantry.acceptance.harness;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/// Output of a container without terminal, as attach, exec and logs send it: frames of `stream id,
/// 0, 0, 0, length (big endian), payload`.
public record Frames(String stdout, String stderr) {
  /// Reads frames to the end of `in`.
  public static Frames read(InputStream in) {
    ByteArrayOutputStream[] streams = {
      new ByteArrayOutputStream(), new ByteArrayOutputStream(), new ByteArrayOutputStream()
    };
    try {
      DataInputStream data = new DataInputStream(in);
      for (int id = data.read(); id >= 0; id = data.read()) {
        if (id > 2 || data.readNBytes(3).length < 3) {
          throw new AssertionError("not a frame: stream id " + id);
        }
        streams[id].writeBytes(data.readNBytes(data.readInt()));
      }
    } catch (EOFException e) {
      throw new AssertionError("a frame was cut off", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read frames", e);
    }
    return new Frames(
        streams[1].toString(StandardCharsets.UTF_8), streams[2].toString(StandardCharsets.UTF_8));
  }
}
