package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
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

  @Property
  void parse_ofItsOwnText_isTheSame(@ForAll String content) {
    Digest digest = Digest.sha256(content.getBytes(StandardCharsets.UTF_8));

    assertThat(Digest.parse(digest.toString())).isEqualTo(digest);
  }
}
