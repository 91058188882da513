package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.testing.Randomly;
import org.junit.jupiter.api.Test;

class DigestTest {
  @Test
  void sha256_ofNothing_isTheKnownDigest() {
    assertThat(Digest.sha256(new byte[0]))
        .hasToString("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void parse_sha512_isAccepted() {
    assertThat(Digest.parse("sha512:" + "0f".repeat(64)).algorithm())
        .isEqualTo(Digest.Algorithm.SHA512);
  }

  @Test
  void parse_badText_saysWhatIsWrong() {
    assertThatThrownBy(() -> Digest.parse("sha256")).hasMessage("invalid checksum digest format");
    assertThatThrownBy(() -> Digest.parse("sha256:ab"))
        .hasMessage("invalid checksum digest length");
    assertThatThrownBy(() -> Digest.parse("crc:ab")).hasMessage("unsupported digest algorithm");
    assertThatThrownBy(() -> Digest.parse("sha256:" + "A".repeat(64)))
        .hasMessage("invalid checksum digest format");
  }

  @Test
  void parse_ofItsOwnText_isTheSame() {
    Randomly.check(
        random -> {
          byte[] content = new byte[random.nextInt(100)];
          random.nextBytes(content);
          Digest digest = Digest.sha256(content);

          assertThat(Digest.parse(digest.toString())).isEqualTo(digest);
        });
  }
}
