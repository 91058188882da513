package gantry.engine.log.remote;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.LogLine;
import gantry.oci.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What goes over the wire, to the byte, and which options are refused.
class RemoteDriverTest {
  private static final LogSubject WEB =
      new LogSubject(
          "0123456789abcdef".repeat(4),
          "web",
          "sha256:" + "ab".repeat(32),
          "nginx:1",
          "nginx -g daemon off;",
          Instant.parse("2026-11-22T12:00:00Z"),
          Map.of("tier", "front"));
  private static final LogLine OUT =
      new LogLine(Stream.STDOUT, Instant.parse("2026-11-02T03:04:05.678901Z"), "hello", true);
  private static final LogLine ERR =
      new LogLine(Stream.STDERR, Instant.parse("2026-11-02T03:04:05.678901Z"), "oh\nno", false);

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static Address udp(int port) {
    return new Address("udp", "127.0.0.1", port, "");
  }

  private static Syslog syslog(Syslog.Format format) {
    return new Syslog("tag", "host", udp(1), 3, format, Optional.empty());
  }

  @Test
  void syslog_formats_areDockers() {
    long pid = ProcessHandle.current().pid();
    assertThat(text(syslog(Syslog.Format.LOCAL).message(OUT)))
        .matches("<30>Nov  [123] \\d\\d:04:05 tag\\[" + pid + "]: hello\n");
    assertThat(text(syslog(Syslog.Format.RFC3164).message(OUT)))
        .matches("<30>Nov  [123] \\d\\d:04:05 host tag\\[" + pid + "]: hello\n");
    assertThat(text(syslog(Syslog.Format.RFC5424).message(OUT)))
        .matches(
            "<30>1 2026-11-0\\dT\\d\\d:04:05(Z|[+-]\\d\\d:\\d\\d) host tag "
                + pid
                + " tag - hello\n");
    assertThat(text(syslog(Syslog.Format.RFC5424MICRO).message(ERR)))
        .startsWith("<27>1 2026-11-0")
        .contains(":04:05.678901");
  }

  @Test
  void lineThatNoDatagramTakes_isLeftOut_andTheNextOneGoes() throws IOException {
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Syslog syslog =
            new Syslog(
                "tag",
                "host",
                udp(server.getLocalPort()),
                3,
                Syslog.Format.LOCAL,
                Optional.empty())) {
      LogLine large = new LogLine(Stream.STDOUT, OUT.time(), "x".repeat(70_000), true);
      assertThat(syslog.send(List.of(large, OUT))).isEqualTo(2);
      DatagramPacket packet = new DatagramPacket(new byte[1000], 1000);
      server.setSoTimeout(5000);
      server.receive(packet);
      assertThat(new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8))
          .endsWith("]: hello\n");
    }
  }

  @Test
  void journald_valueWithLineEnd_hasItsLength() {
    byte[] message = new Journald(WEB, "tag", Path.of("/j")).message(ERR);
    byte[] head = Arrays.copyOf(message, 8 + 8 + 5 + 1);
    assertThat(head)
        .isEqualTo(
            new byte[] {
              'M', 'E', 'S', 'S', 'A', 'G', 'E', '\n', 5, 0, 0, 0, 0, 0, 0, 0, 'o', 'h', '\n', 'n',
              'o', '\n'
            });
    assertThat(text(message))
        .contains("\nPRIORITY=3\n", "\nCONTAINER_NAME=web\n", "\nTIER=front\n")
        .contains("\nCONTAINER_ID=0123456789ab\n", "\nSYSLOG_IDENTIFIER=tag\n")
        .endsWith("\nCONTAINER_PARTIAL_MESSAGE=true\n");
  }

  @Test
  void fluentd_messageMode_isMessagePack() {
    Fluentd fluentd =
        new Fluentd(
            new LogSubject("id", "n", "", "", "", Instant.EPOCH, Map.of()),
            "t",
            udp(1),
            true,
            false);
    long seconds = OUT.time().getEpochSecond();
    byte[] time = new MessagePack().extension(0, seconds << 32 | 678_901_000).bytes();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    expected.writeBytes(new byte[] {(byte) 0x93, (byte) 0xa1, 't'});
    expected.writeBytes(time);
    expected.write(0x84);
    for (String word :
        List.of("container_id", "id", "container_name", "/n", "source", "stdout", "log", "hello")) {
      expected.write(0xa0 | word.length());
      expected.writeBytes(word.getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(fluentd.message(OUT)).isEqualTo(expected.toByteArray());
    assertThat(time).startsWith((byte) 0xd7, (byte) 0);
  }

  @Test
  void gelf_largeMessage_goesInChunks() throws IOException {
    String large =
        new java.util.Random(7)
            .ints(4000, 'a', 'z')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      server.setSoTimeout(5000);
      Gelf gelf =
          new Gelf(WEB, "tag", "host", udp(server.getLocalPort()), Gelf.Compression.GZIP, 1);
      assertThat(gelf.send(List.of(new LogLine(Stream.STDERR, OUT.time(), large, true)))).isOne();
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      int count = 1;
      for (int i = 0; i < count; i++) {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        server.receive(packet);
        byte[] data = packet.getData();
        assertThat(data).startsWith((byte) 0x1e, (byte) 0x0f);
        assertThat(data[10]).isEqualTo((byte) i);
        count = data[11];
        whole.write(data, 12, packet.getLength() - 12);
      }
      assertThat(count).isGreaterThan(1);
      JsonNode json =
          Json.mapper()
              .readTree(new GZIPInputStream(new ByteArrayInputStream(whole.toByteArray())));
      assertThat(json.get("short_message").asText()).isEqualTo(large);
      assertThat(json.get("level").asInt()).isEqualTo(3);
      assertThat(json.get("_container_name").asText()).isEqualTo("web");
      assertThat(json.get("_tier").asText()).isEqualTo("front");
      assertThat(json.get("timestamp").decimalValue()).isEqualByComparingTo("1793588645.678");
      gelf.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "syslog|syslog-address|ftp://host|unsupported scheme 'ftp'",
        "syslog|syslog-address|udp://|invalid syslog-address 'udp://'",
        "syslog|syslog-facility|nobody|invalid syslog facility 'nobody'",
        "syslog|syslog-format|rfc1|invalid value 'rfc1' for syslog-format",
        "syslog|gelf-address|udp://h:1|unknown log opt 'gelf-address' for syslog log driver",
        "gelf|tag|x|gelf-address is a required parameter",
        "gelf|gelf-address|udp://host|invalid gelf-address 'udp://host': expected udp://host:port",
        "fluentd|fluentd-request-ack|perhaps|invalid value 'perhaps' for fluentd-request-ack",
        "journald|tag|{{.Nothing}}|there is no field 'Nothing'",
        "journald|tag|{{index .Labels}}|invalid log tag",
      })
  void badOption_isNamed(String driver, String name, String value, String message) {
    List<String> problems = new ArrayList<>();
    RemoteDriver.of(driver).orElseThrow().open(Map.of(name, value), WEB, "host", problems);
    assertThat(problems).isNotEmpty().anyMatch(problem -> problem.contains(message));
  }

  @Test
  void cache_isBounded_andItsOptionsChecked() {
    List<String> problems = new ArrayList<>();
    assertThat(RemoteDriver.JOURNALD.cache(Map.of("cache-max-size", "1m"), problems).maxSizeBytes())
        .isEqualTo(1 << 20);
    assertThat(RemoteDriver.JOURNALD.cache(Map.of(), problems).maxSizeBytes()).isEqualTo(20 << 20);
    assertThat(problems).isEmpty();
    RemoteDriver.JOURNALD.cache(Map.of("cache-max-size", "much"), problems);
    assertThat(problems).containsExactly("log cache: invalid value for max-size: much");
  }
}
