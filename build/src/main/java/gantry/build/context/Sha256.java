package gantry.build.context;

import java.nio.ByteBuffer;

/// The SHA-256 of a file's content as a value.
record Sha256(long first, long second, long third, long fourth) {
  static Sha256 of(byte[] digest) {
    ByteBuffer bytes = ByteBuffer.wrap(digest);
    return new Sha256(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
  }
}
