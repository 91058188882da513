package gantry.network.dns;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.InetAddress;
import java.util.List;

/// Any bytes end in an answer that is no larger than its receiver takes, or in none, and never in a
/// failure of ours.
class MessageFuzzTest {
  private final Zone zone = new Zone("net");

  MessageFuzzTest() {
    zone.put(
        new Zone.Member("c1", List.of("web", "w"), List.of(InetAddress.ofLiteral("10.0.0.1"))));
  }

  @FuzzTest
  void message(byte[] bytes) {
    if (!Query.deservesAnswer(bytes)) {
      return;
    }
    try {
      Query query = Query.parse(bytes);
      int limit = Math.max(Answer.limit(query), bytes.length);
      byte[] answer =
          Lookup.answer(query, List.of(zone))
              .map(known -> known.bytes(limit))
              .orElseGet(() -> Answer.failure(query, ResponseCode.SERVER_FAILURE));
      check(bytes, answer, limit);
      check(bytes, Answer.forwarded(query, bytes, 12), query.questionEnd());
    } catch (MalformedQueryException e) {
      check(bytes, Answer.failure(bytes, e.code()), Query.HEADER);
    }
  }

  private static void check(byte[] query, byte[] answer, int limit) {
    if (answer.length > limit || answer[0] != query[0] || answer[1] != query[1]) {
      throw new AssertionError("an answer of " + answer.length + " bytes");
    }
  }
}
