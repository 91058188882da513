package gantry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class QueryTest {
  @Test
  void parse_readsNameTypeAndEdns() throws Exception {
    Query query = Query.parse(Messages.query("Web.Example", RecordType.A, 1400));
    assertThat(query.name()).isEqualTo("web.example");
    assertThat(query.type()).isEqualTo(RecordType.A);
    assertThat(query.ofInternet()).isTrue();
    assertThat(query.datagramSize()).hasValue(1400);
    assertThat(query.questionEnd()).isEqualTo(12 + 13 + 4);
    assertThat(Query.parse(Messages.query("", 2)).name()).isEmpty();
    assertThat(Query.parse(Messages.query("a", 2)).datagramSize()).isEmpty();
  }

  @Test
  void parse_charactersOutsideOfNames_equalNoName() throws Exception {
    assertThat(Query.parse(Messages.query("we\u0000b", 1)).name()).isEqualTo("we\\0\\b");
    assertThat(Query.parse(Messages.query("w\u00fcb", 1)).name()).isEqualTo("w\\252\\b");
    byte[] dotInLabel = Messages.query("aXb", 1);
    dotInLabel[14] = '.';
    assertThat(Query.parse(dotInLabel).name()).isEqualTo("a\\46\\b");
  }

  @Test
  void parse_anyEndMissing_isMalformed() {
    byte[] whole = Messages.query("web.example", RecordType.A, 1400);
    for (int length = Query.HEADER; length < whole.length; length++) {
      byte[] part = Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> Query.parse(part))
          .as("of length %d", length)
          .isInstanceOfSatisfying(
              MalformedQueryException.class,
              e -> assertThat(e.code()).isEqualTo(ResponseCode.FORMAT_ERROR));
    }
  }

  @Test
  void parse_longNames_areMalformed() throws Exception {
    String label = "a".repeat(63);
    String longest = label + "." + label + "." + label + "." + "a".repeat(61);
    assertThat(Query.parse(Messages.query(longest, 1)).name()).hasSize(253);
    assertThatThrownBy(() -> Query.parse(Messages.query(longest + "a", 1)))
        .isInstanceOf(MalformedQueryException.class);
    assertThatThrownBy(() -> Query.parse(Messages.query("a".repeat(64), 1)))
        .isInstanceOf(MalformedQueryException.class);
  }

  @Test
  void parse_pointerInQuestion_isMalformed() {
    byte[] bytes = Messages.query("abc", 1);
    bytes[12] = (byte) 0xc0;
    bytes[13] = 12;
    assertThatThrownBy(() -> Query.parse(bytes)).isInstanceOf(MalformedQueryException.class);
  }

  @Test
  void parse_otherOperations_areNotImplemented() {
    byte[] update = Messages.message(0x2800, 0, "web", 6, new byte[0]);
    assertThatThrownBy(() -> Query.parse(update))
        .isInstanceOfSatisfying(
            MalformedQueryException.class,
            e -> assertThat(e.code()).isEqualTo(ResponseCode.NOT_IMPLEMENTED));
  }

  @Test
  void deservesAnswer_noAnswersAndNoScraps() {
    assertThat(Query.deservesAnswer(Messages.query("web", 1))).isTrue();
    assertThat(Query.deservesAnswer(Messages.message(0x8180, 0, "web", 1, new byte[0]))).isFalse();
    assertThat(Query.deservesAnswer(new byte[11])).isFalse();
  }
}
