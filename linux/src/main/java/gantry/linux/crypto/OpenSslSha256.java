package gantry.linux.crypto;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigestSpi;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.Optional;

/// One SHA-256 computation; its state is a Java array, so that nothing has to be freed.
///
/// Source: SHA256_Init(3), FIPS 180-4.
final class OpenSslSha256 extends MessageDigestSpi implements Cloneable {
  private static final int LENGTH = 32;

  /// `sizeof(SHA256_CTX)` is 112 in every release with that structure; the rest is to spare.
  private static final int STATE_SIZE = 128;

  /// A call holds the garbage collector off: it stays short, some tens of microseconds.
  private static final int LONGEST_CALL = 64 * 1024;

  private static final String[] LIBRARIES = {"libcrypto.so.3", "libcrypto.so.1.1"};

  private byte[] state = new byte[STATE_SIZE];

  OpenSslSha256() {
    engineReset();
  }

  static boolean isAvailable() {
    return Library.FOUND.isPresent();
  }

  @Override
  protected int engineGetDigestLength() {
    return LENGTH;
  }

  @Override
  protected void engineReset() {
    Arrays.fill(state, (byte) 0);
    Library.get().init(state);
  }

  @Override
  protected void engineUpdate(byte input) {
    engineUpdate(new byte[] {input}, 0, 1);
  }

  @Override
  protected void engineUpdate(byte[] input, int offset, int length) {
    update(MemorySegment.ofArray(input).asSlice(offset, length));
  }

  @Override
  protected void engineUpdate(ByteBuffer input) {
    update(MemorySegment.ofBuffer(input));
    input.position(input.limit());
  }

  private void update(MemorySegment input) {
    for (long done = 0; done < input.byteSize(); done += LONGEST_CALL) {
      long length = Math.min(LONGEST_CALL, input.byteSize() - done);
      Library.get().update(state, input.asSlice(done, length));
    }
  }

  @Override
  protected byte[] engineDigest() {
    byte[] digest = new byte[LENGTH];
    Library.get().finish(digest, state);
    engineReset();
    return digest;
  }

  @Override
  protected int engineDigest(byte[] out, int offset, int length) throws DigestException {
    if (length < LENGTH) {
      throw new DigestException("a SHA-256 digest has 32 bytes, there is room for " + length);
    }
    System.arraycopy(engineDigest(), 0, out, offset, LENGTH);
    return LENGTH;
  }

  @Override
  public OpenSslSha256 clone() {
    try {
      OpenSslSha256 copy = (OpenSslSha256) super.clone();
      copy.state = state.clone();
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /// The three functions.
  private record Library(MethodHandle init, MethodHandle update, MethodHandle finish) {
    static final Optional<Library> FOUND = find();

    static Library get() {
      return FOUND.orElseThrow();
    }

    private static Optional<Library> find() {
      for (String name : LIBRARIES) {
        try {
          SymbolLookup library = SymbolLookup.libraryLookup(name, Arena.global());
          return Optional.of(
              new Library(
                  function(library, "SHA256_Init", FunctionDescriptor.of(JAVA_INT, ADDRESS)),
                  function(
                      library,
                      "SHA256_Update",
                      FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG)),
                  function(
                      library, "SHA256_Final", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS))));
        } catch (IllegalArgumentException | NoSuchElementException _) {
          // not on this machine, or built without these functions
        }
      }
      return Optional.empty();
    }

    private static MethodHandle function(
        SymbolLookup library, String name, FunctionDescriptor descriptor) {
      return Linker.nativeLinker()
          .downcallHandle(library.findOrThrow(name), descriptor, Linker.Option.critical(true));
    }

    void init(byte[] state) {
      try {
        check((int) init.invokeExact(MemorySegment.ofArray(state)));
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    void update(byte[] state, MemorySegment input) {
      try {
        check((int) update.invokeExact(MemorySegment.ofArray(state), input, input.byteSize()));
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    void finish(byte[] digest, byte[] state) {
      try {
        check(
            (int) finish.invokeExact(MemorySegment.ofArray(digest), MemorySegment.ofArray(state)));
      } catch (Throwable e) {
        throw failed(e);
      }
    }

    private static void check(int result) {
      if (result != 1) {
        throw new IllegalStateException("libcrypto's SHA-256 failed");
      }
    }

    private static IllegalStateException failed(Throwable e) {
      return e instanceof IllegalStateException known
          ? known
          : new IllegalStateException("cannot call libcrypto", e);
    }
  }
}
