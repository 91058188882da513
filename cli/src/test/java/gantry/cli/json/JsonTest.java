package gantry.cli.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JsonTest {

  @Test
  void write_read_keepsOrderAndValues() throws IOException {
    String text =
        "{\"b\":1,\"a\":[true,null,\"x\\n\\\"<>&\"],\"big\":18446744073709551615,\"f\":1.5,\"o\":{}}";
    assertThat(Json.write(Json.parse(text), Json.Escaping.PLAIN)).isEqualTo(text);
  }

  @Test
  void write_html_escapesMarkup() {
    assertThat(Json.write("<a&b>", Json.Escaping.HTML)).isEqualTo("\"\\u003ca\\u0026b\\u003e\"");
  }

  @Test
  void stream_severalValues_comeOneByOne() throws IOException {
    try (Json.Stream stream =
        Json.stream(
            new ByteArrayInputStream(
                "{\"a\":1}\r\n[2]\n{\"a\":3}".getBytes(StandardCharsets.UTF_8)))) {
      assertThat(stream.nextObject().map(object -> object.number("a"))).contains(1L);
      assertThat(stream.nextObject().map(object -> object.number("a"))).contains(3L);
      assertThat(stream.nextObject()).isEqualTo(Optional.empty());
    }
  }

  @Test
  void parse_cutOff_isAnError() {
    assertThatThrownBy(() -> Json.parse("[1,")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Json.parse("{\"a\":")).isInstanceOf(IOException.class);
  }

  @Test
  void accessors_missingAndOtherTypes_readAsEmpty() {
    JsonObject object = JsonObject.create().put("n", JsonNull.NULL).put("t", "x");
    assertThat(object.text("n")).isEmpty();
    assertThat(object.number("t")).isZero();
    assertThat(object.object("t").members()).isEmpty();
    assertThat(object.list("nope")).isEmpty();
    assertThat(object.has("n")).isFalse();
  }

  @Test
  void indent_keepsValuesAndEmptyObjectsOnTheirLine() {
    assertThat(JsonIndent.indent("{\"a\":[1.50,\"x, {y\\\"\"],\"e\":{},\"l\":[ ]}", "  "))
        .isEqualTo(
            "{\n  \"a\": [\n    1.50,\n    \"x, {y\\\"\"\n  ],\n  \"e\": {},\n  \"l\": []\n}");
  }
}
