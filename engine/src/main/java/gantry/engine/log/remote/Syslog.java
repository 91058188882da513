package gantry.engine.log.remote;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.LogLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;

/// Syslog, here or elsewhere, in the forms of RFC 3164 and RFC 5424 that Docker's driver writes.
final class Syslog extends WiredDestination {
  static final Set<String> SCHEMES = Set.of("unix", "unixgram", "udp", "tcp", "tcp+tls");
  static final List<String> FACILITIES =
      List.of(
          "kern",
          "user",
          "mail",
          "daemon",
          "auth",
          "syslog",
          "lpr",
          "news",
          "uucp",
          "cron",
          "authpriv",
          "ftp",
          "12",
          "13",
          "14",
          "15",
          "local0",
          "local1",
          "local2",
          "local3",
          "local4",
          "local5",
          "local6",
          "local7");
  private static final int INFO = 6;
  private static final int ERR = 3;
  private static final DateTimeFormatter BSD =
      DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ROOT).withZone(ZoneId.systemDefault());
  private static final DateTimeFormatter SECONDS =
      DateTimeFormatter.ISO_OFFSET_DATE_TIME.withZone(ZoneId.systemDefault());
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX")
          .withZone(ZoneId.systemDefault());

  /// The form of a message.
  enum Format {
    /// RFC 3164 without a host, as for the local one.
    LOCAL,
    RFC3164,
    RFC5424,
    RFC5424MICRO
  }

  /// @param context for `tcp+tls`
  /// @param checkName whether the server's certificate must be its name's
  record Security(SSLContext context, boolean checkName) {}

  private final String tag;
  private final String host;
  private final Address address;
  private final int facility;
  private final Format format;
  private final Optional<Security> security;
  private final long pid = ProcessHandle.current().pid();

  Syslog(
      String tag,
      String host,
      Address address,
      int facility,
      Format format,
      Optional<Security> security) {
    super("syslog at " + address);
    this.tag = tag;
    this.host = host;
    this.address = address;
    this.facility = facility;
    this.format = format;
    this.security = security;
  }

  @Override
  Wire connect() throws IOException {
    if (security.isPresent()) {
      return Wire.tls(address, security.get().context, security.get().checkName);
    }
    return Wire.open(address);
  }

  @Override
  boolean datagrams() {
    return !address.scheme().startsWith("tcp");
  }

  @Override
  byte[] message(LogLine line) {
    int priority = facility * 8 + (line.stream() == Stream.STDERR ? ERR : INFO);
    String text =
        switch (format) {
          case LOCAL ->
              "<%d>%s %s[%d]: %s"
                  .formatted(priority, BSD.format(line.time()), tag, pid, line.text());
          case RFC3164 ->
              "<%d>%s %s %s[%d]: %s"
                  .formatted(priority, BSD.format(line.time()), host, tag, pid, line.text());
          case RFC5424 ->
              rfc5424(priority, SECONDS.format(line.time().truncatedTo(ChronoUnit.SECONDS)), line);
          case RFC5424MICRO -> rfc5424(priority, MICROS.format(line.time()), line);
        };
    byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
    return framed(bytes);
  }

  private String rfc5424(int priority, String time, LogLine line) {
    return "<%d>1 %s %s %s %d %s - %s".formatted(priority, time, host, tag, pid, tag, line.text());
  }

  /// RFC 5425 counts bytes; everything else is told apart by line ends.
  private byte[] framed(byte[] message) {
    boolean counted =
        security.isPresent() && (format == Format.RFC5424 || format == Format.RFC5424MICRO);
    if (!counted) {
      return message;
    }
    byte[] count = (message.length + " ").getBytes(StandardCharsets.US_ASCII);
    byte[] framed = java.util.Arrays.copyOf(count, count.length + message.length);
    System.arraycopy(message, 0, framed, count.length, message.length);
    return framed;
  }
}
