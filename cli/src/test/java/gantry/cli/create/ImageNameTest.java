package gantry.cli.create;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {

  @ParameterizedTest
  @CsvSource({
    "busybox, docker.io/library/busybox, busybox:latest",
    "busybox:1, docker.io/library/busybox, busybox:1",
    "a/b, docker.io/a/b, a/b:latest",
    "index.docker.io/x, docker.io/library/x, x:latest",
    "localhost/x, localhost/x, localhost/x:latest",
    "host:5000/a/b:t, host:5000/a/b, host:5000/a/b:t",
    "q.io/a__b-c--d.e, q.io/a__b-c--d.e, q.io/a__b-c--d.e:latest",
    "x:t@sha256:0123456789012345678901234567890123456789012345678901234567890123, docker.io/library/x, x:t@sha256:0123456789012345678901234567890123456789012345678901234567890123"
  })
  void parse_right(String text, String name, String familiar) {
    ImageName image = ImageName.parse(text);
    assertThat(image.name()).isEqualTo(name);
    assertThat(image.familiar()).isEqualTo(familiar);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "A",
        "a:",
        "a:b:c",
        "a//b",
        "-a",
        "a-",
        "a..b",
        "a___b",
        "a@sha256:12",
        "a:-x",
        "a b",
        "a:" + "x_é"
      })
  void parse_wrong_isRefused(String text) {
    assertThatThrownBy(() -> ImageName.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("invalid reference format");
  }
}
