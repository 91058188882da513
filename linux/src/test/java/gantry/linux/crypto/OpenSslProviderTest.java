package gantry.linux.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OpenSslProviderTest {
  private final Random random = new Random(1);
  private final OpenSslProvider provider = new OpenSslProvider();

  @BeforeEach
  void library() {
    assumeTrue(OpenSslSha256.isAvailable(), "this machine has no libcrypto with SHA256_Init");
  }

  @Test
  void anyBytes_inAnyPieces_haveTheDigestThatJavaGives() throws Exception {
    for (int round = 0; round < 200; round++) {
      byte[] bytes = new byte[random.nextInt(300_000)];
      random.nextBytes(bytes);
      MessageDigest ours = digest();
      int at = 0;
      while (at < bytes.length) {
        int length = Math.min(1 + random.nextInt(100_000), bytes.length - at);
        switch (random.nextInt(3)) {
          case 0 -> ours.update(bytes, at, length);
          case 1 -> ours.update(ByteBuffer.wrap(bytes, at, length));
          default -> ours.update(ByteBuffer.allocateDirect(length).put(bytes, at, length).flip());
        }
        at += length;
      }
      assertThat(ours.digest()).isEqualTo(MessageDigest.getInstance("SHA-256").digest(bytes));
    }
  }

  @Test
  void update_ofABuffer_consumesIt() throws Exception {
    ByteBuffer buffer = ByteBuffer.wrap(new byte[10], 2, 5);
    digest().update(buffer);
    assertThat(buffer.remaining()).isZero();
  }

  @Test
  void digest_beginsAnew() throws Exception {
    MessageDigest digest = digest();
    byte[] first = digest.digest(new byte[] {1, 2, 3});
    assertThat(digest.digest(new byte[] {1, 2, 3})).isEqualTo(first);
  }

  @Test
  void clone_goesItsOwnWay() throws Exception {
    MessageDigest digest = digest();
    digest.update((byte) 1);
    MessageDigest copy = (MessageDigest) digest.clone();
    copy.update((byte) 2);
    byte[] expected = digest().digest(new byte[] {1});
    assertThat(digest.digest()).isEqualTo(expected);
    assertThat(copy.digest()).isEqualTo(digest().digest(new byte[] {1, 2}));
  }

  @Test
  void otherAlgorithms_areNotOffered() {
    assertThat(provider.getService("MessageDigest", "SHA-1")).isNull();
    assertThat(provider.getService("Signature", "SHA-256")).isNull();
  }

  private MessageDigest digest() throws Exception {
    return MessageDigest.getInstance("SHA-256", provider);
  }
}
