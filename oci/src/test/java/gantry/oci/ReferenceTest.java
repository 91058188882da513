package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.testing.Randomly;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {
  private static final String HEX = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "alpine, docker.io/library/alpine, alpine",
    "alpine:3.20, docker.io/library/alpine:3.20, alpine:3.20",
    "library/alpine, docker.io/library/alpine, alpine",
    "docker.io/alpine, docker.io/library/alpine, alpine",
    "index.docker.io/alpine:x, docker.io/library/alpine:x, alpine:x",
    "user/app, docker.io/user/app, user/app",
    "docker.io/library/a/b, docker.io/library/a/b, library/a/b",
    "localhost/app, localhost/app, localhost/app",
    "localhost:5000/app:1, localhost:5000/app:1, localhost:5000/app:1",
    "quay.io/a/b__c/d--e.f_g, quay.io/a/b__c/d--e.f_g, quay.io/a/b__c/d--e.f_g",
    "Host/app, Host/app, Host/app",
    "[2001:db8::1]:5000/app, [2001:db8::1]:5000/app, [2001:db8::1]:5000/app",
    "a:5000, docker.io/library/a:5000, a:5000"
  })
  void parse_validText_isNormalized(String text, String complete, String familiar) {
    Reference reference = Reference.parse(text);

    assertThat(reference).hasToString(complete);
    assertThat(reference.familiar()).isEqualTo(familiar);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":tag",
        "a:",
        "a@",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a//b",
        "/a",
        "a/",
        "a b",
        "a:b:c",
        "a:.x",
        "a@sha256:xyz",
        "a@sha256",
        "ä",
        "a:ü",
        "-x.com/a",
        "x.com:port/a",
        "a@b@c"
      })
  void parse_malformedText_saysDockersWords(String text) {
    assertThatThrownBy(() -> Reference.parse(text))
        .isInstanceOf(FormatException.class)
        .hasMessage("invalid reference format");
  }

  @Test
  void parse_upperCasePath_saysSo() {
    assertThatThrownBy(() -> Reference.parse("Alpine:x"))
        .isInstanceOf(FormatException.class)
        .hasMessage("invalid reference format: repository name (Alpine) must be lowercase");
  }

  @Test
  void parse_bareId_isRefused() {
    assertThatThrownBy(() -> Reference.parse(HEX))
        .hasMessage(
            "invalid repository name (" + HEX + "), cannot specify 64-byte hexadecimal strings");
  }

  @Test
  void parse_nameOf256Characters_isRefused() {
    assertThatThrownBy(() -> Reference.parse("x.io/" + "a".repeat(251)))
        .hasMessage("repository name must not be more than 255 characters");
    assertThat(Reference.parse("x.io/" + "a".repeat(250)).name()).hasSize(255);
  }

  @Test
  void parse_tagOf129Characters_isRefused() {
    assertThat(Reference.parse("a:" + "t".repeat(128)).tag().orElseThrow()).hasSize(128);
    assertThatThrownBy(() -> Reference.parse("a:" + "t".repeat(129)))
        .hasMessage("invalid reference format");
  }

  @Test
  void canonical_tagAndDigest_dropsTheTag() {
    Reference reference = Reference.parse("a:1@sha256:" + HEX);

    assertThat(reference.familiar()).isEqualTo("a:1@sha256:" + HEX);
    assertThat(reference.canonical().familiar()).isEqualTo("a@sha256:" + HEX);
    assertThat(reference.withDefaultTag()).isEqualTo(reference);
  }

  @Test
  void parse_digestOfUnknownAlgorithmOrLength_saysWhich() {
    assertThatThrownBy(() -> Reference.parse("a@md7:" + HEX))
        .hasMessage("unsupported digest algorithm");
    assertThatThrownBy(() -> Reference.parse("a@sha256:" + HEX.substring(2)))
        .hasMessage("invalid checksum digest length");
  }

  @Test
  void withDefaultTag_neitherTagNorDigest_isLatest() {
    assertThat(Reference.parse("a").withDefaultTag().familiar()).isEqualTo("a:latest");
  }

  @Test
  void parse_anyText_endsInAReferenceThatReadsBack() {
    Randomly.check(random -> readsBack(Randomly.text(random, 60)));
    Randomly.check(random -> readsBack(Randomly.text(random, "aaabbb019A:./@-_[]", 20)));
  }

  private static void readsBack(String text) {
    Reference reference;
    try {
      reference = Reference.parse(text);
    } catch (FormatException _) {
      return; // refused: nothing more to hold
    }
    assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
    assertThat(Reference.parse(reference.familiar())).isEqualTo(reference);
  }
}
