package gantry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LookupTest {
  private final Zone front = new Zone("front");
  private final Zone back = new Zone("shop_back");

  LookupTest() {
    front.put(member("c1", List.of("shop-web-1", "web", "0123456789ab"), "172.18.0.2", "fd00::2"));
    front.put(member("c2", List.of("shop-web-2", "Web"), "172.18.0.3"));
    back.put(member("c3", List.of("db", "my.service"), "172.19.0.2"));
  }

  @Test
  void name_aliasAndShortId_areAnswered() {
    assertThat(addresses("shop-web-1", RecordType.A)).containsExactly("172.18.0.2");
    assertThat(addresses("SHOP-Web-1", RecordType.A)).containsExactly("172.18.0.2");
    assertThat(addresses("0123456789ab", RecordType.A)).containsExactly("172.18.0.2");
    assertThat(addresses("shop-web-1", RecordType.AAAA)).containsExactly("fd00:0:0:0:0:0:0:2");
    assertThat(addresses("my.service", RecordType.A)).containsExactly("172.19.0.2");
    assertThat(addresses("my.service.shop_back", RecordType.A)).containsExactly("172.19.0.2");
    assertThat(addresses("db.shop_back", RecordType.A)).containsExactly("172.19.0.2");
  }

  @Test
  void name_ofSeveral_givesAllInEveryOrder() {
    Set<List<String>> orders = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      orders.add(addresses("web", RecordType.A));
    }
    assertThat(orders)
        .containsExactlyInAnyOrder(
            List.of("172.18.0.2", "172.18.0.3"), List.of("172.18.0.3", "172.18.0.2"));
  }

  @Test
  void knownName_withoutSuchRecord_isAnsweredEmpty() {
    assertThat(addresses("db", RecordType.AAAA)).isEmpty();
    assertThat(addresses("db", 15)).isEmpty();
    assertThat(addresses("db", 65)).isEmpty();
    assertThat(answer("db", RecordType.AAAA, front, back)).hasSizeGreaterThan(12);
  }

  @Test
  void otherNetworksNames_areUnknown() {
    assertThat(Lookup.answer(query("db", RecordType.A), List.of(front))).isEmpty();
    assertThat(Lookup.answer(query("db.shop_back", RecordType.A), List.of(front))).isEmpty();
    assertThat(Lookup.answer(query("2.0.19.172.in-addr.arpa", RecordType.PTR), List.of(front)))
        .isEmpty();
    assertThat(Lookup.answer(query("nobody", RecordType.A), List.of(front, back))).isEmpty();
  }

  @Test
  void address_hasTheContainersName() {
    assertThat(pointer("2.0.18.172.in-addr.arpa")).isEqualTo("shop-web-1.front.");
    assertThat(pointer("3.0.18.172.IN-ADDR.ARPA")).isEqualTo("shop-web-2.front.");
    assertThat(pointer("2" + ".0".repeat(27) + ".0.0.d.f.ip6.arpa")).isEqualTo("shop-web-1.front.");
  }

  @Test
  void reversed_anythingElse_isNone() {
    for (String name :
        List.of(
            "0.18.172.in-addr.arpa",
            "1.2.0.18.172.in-addr.arpa",
            "256.0.18.172.in-addr.arpa",
            "02.0.18.172.in-addr.arpa",
            "a.0.18.172.in-addr.arpa",
            ".in-addr.arpa",
            "in-addr.arpa",
            "0.0.d.f.ip6.arpa",
            "g" + ".0".repeat(31) + ".ip6.arpa")) {
      assertThat(Lookup.reversed(name)).as(name).isEmpty();
    }
  }

  @Test
  void removal_andRenaming_holdAtOnce() {
    front.put(member("c2", List.of("other"), "172.18.0.9"));
    assertThat(addresses("web", RecordType.A)).containsExactly("172.18.0.2");
    assertThat(addresses("other", RecordType.A)).containsExactly("172.18.0.9");
    assertThat(Lookup.answer(query("3.0.18.172.in-addr.arpa", RecordType.PTR), List.of(front)))
        .isEmpty();
    front.remove("c1");
    front.remove("c1");
    assertThat(Lookup.answer(query("web", RecordType.A), List.of(front))).isEmpty();
    front.remove("c2");
    assertThat(front.isEmpty()).isTrue();
  }

  @Test
  void manyAddresses_fillADatagramAndNoMore() {
    for (int i = 0; i < 200; i++) {
      back.put(member("r" + i, List.of("r" + i, "many"), "10.0.0." + i));
    }
    byte[] small = Lookup.answer(query("many", 1), List.of(back)).orElseThrow().bytes(512);
    assertThat(small).hasSizeBetween(490, 512);
    assertThat(Messages.cut(small)).isTrue();
    Query edns = parse(Messages.query("many", 1, 65_000));
    assertThat(Answer.limit(edns)).isEqualTo(Answer.DATAGRAM);
    byte[] cut = Lookup.answer(edns, List.of(back)).orElseThrow().bytes(Answer.limit(edns));
    assertThat(cut).hasSizeBetween(1200, 1232);
    byte[] whole = Lookup.answer(query("many", 1), List.of(back)).orElseThrow().bytes(65_535);
    assertThat(Messages.addresses(whole))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, 200).mapToObj(i -> "10.0.0." + i).toList());
    assertThat(Messages.cut(whole)).isFalse();
  }

  @Test
  void answer_repeatsNumberQuestionAndEdns() {
    byte[] answer =
        Lookup.answer(parse(Messages.query("dB", 1, 4096)), List.of(back)).orElseThrow().bytes(512);
    assertThat(answer).startsWith(0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 1, 2, 'd', 'B', 0);
    assertThat(answer).endsWith(0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void longNameOfAContainer_isNoPointer() {
    back.put(member("c9", List.of("a".repeat(64)), "172.19.0.9"));
    byte[] answer = answer("9.0.19.172.in-addr.arpa", RecordType.PTR, back);
    assertThat(Messages.answers(answer)).isZero();
  }

  private List<String> addresses(String name, int type) {
    return Messages.addresses(answer(name, type, front, back));
  }

  private String pointer(String name) {
    return Messages.name(Messages.data(answer(name, RecordType.PTR, front, back)).getFirst());
  }

  private static byte[] answer(String name, int type, Zone... zones) {
    return Lookup.answer(query(name, type), List.of(zones)).orElseThrow().bytes(512);
  }

  private static Query query(String name, int type) {
    return parse(Messages.query(name, type));
  }

  private static Query parse(byte[] bytes) {
    try {
      return Query.parse(bytes);
    } catch (MalformedQueryException e) {
      throw new AssertionError(e);
    }
  }

  private static Zone.Member member(String id, List<String> names, String... addresses) {
    return new Zone.Member(
        id, names, List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
  }
}
