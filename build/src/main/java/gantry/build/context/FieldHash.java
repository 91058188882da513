package gantry.build.context;

import gantry.linux.call.FileName;
import gantry.oci.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/// SHA-256 of a row of fields, each with its length, so that no two rows look the same.
final class FieldHash {
  private final MessageDigest hash = Digest.Algorithm.SHA256.newHash();
  private final ByteBuffer buffer = ByteBuffer.allocate(8 * 1024);

  FieldHash text(String text) {
    return bytes(FileName.encode(text));
  }

  FieldHash bytes(byte[] bytes) {
    number(bytes.length);
    if (bytes.length > buffer.remaining()) {
      flush();
    }
    if (bytes.length > buffer.remaining()) {
      hash.update(bytes);
    } else {
      buffer.put(bytes);
    }
    return this;
  }

  FieldHash number(long number) {
    if (buffer.remaining() < Long.BYTES) {
      flush();
    }
    buffer.putLong(number);
    return this;
  }

  FieldHash sha256(Sha256 content) {
    return number(content.first())
        .number(content.second())
        .number(content.third())
        .number(content.fourth());
  }

  private void flush() {
    hash.update(buffer.array(), 0, buffer.position());
    buffer.clear();
  }

  Digest finish() {
    flush();
    return Digest.of(Digest.Algorithm.SHA256, hash);
  }

  byte[] finishBytes() {
    flush();
    return hash.digest();
  }
}
