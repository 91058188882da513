package gantry.daemon.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/// Writes the head of a response.
final class Head {
  private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  private record Stamp(long second, String line) {}

  private static volatile Stamp stamp = new Stamp(0, "");

  private final ByteBuf buffer;

  private Head(ByteBuf buffer, String statusLine) {
    this.buffer = buffer;
    ascii("HTTP/1.1 ");
    ascii(statusLine);
    ascii("\r\n");
  }

  /// A head with the headers that every response has (`lines`, each with its end), and the date.
  static Head ordinary(ByteBuf buffer, String statusLine, byte[] lines) {
    Head head = new Head(buffer, statusLine);
    buffer.writeBytes(lines);
    head.ascii(date());
    return head;
  }

  static Head bare(ByteBuf buffer, String statusLine) {
    return new Head(buffer, statusLine);
  }

  /// Line breaks in a value would begin a header of their own; they become spaces.
  void header(String name, String value) {
    ascii(name);
    ascii(": ");
    buffer.writeCharSequence(value.replace('\r', ' ').replace('\n', ' '), StandardCharsets.UTF_8);
    ascii("\r\n");
  }

  void end() {
    ascii("\r\n");
  }

  private void ascii(String text) {
    buffer.writeCharSequence(text, StandardCharsets.US_ASCII);
  }

  // The date changes once a second; most responses are more frequent than that.
  private static String date() {
    long now = System.currentTimeMillis() / 1000;
    Stamp last = stamp;
    if (last.second != now) {
      last = new Stamp(now, dateLine(now));
      stamp = last;
    }
    return last.line;
  }

  // By hand: a formatter's classes would cost more than all else of the first answer.
  private static String dateLine(long second) {
    LocalDateTime at = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC);
    StringBuilder line = new StringBuilder("Date: ");
    line.append(DAYS[at.getDayOfWeek().getValue() - 1]).append(", ");
    twoDigits(line, at.getDayOfMonth()).append(' ').append(MONTHS[at.getMonthValue() - 1]);
    line.append(' ').append(at.getYear()).append(' ');
    twoDigits(line, at.getHour()).append(':');
    twoDigits(line, at.getMinute()).append(':');
    return twoDigits(line, at.getSecond()).append(" GMT\r\n").toString();
  }

  private static StringBuilder twoDigits(StringBuilder text, int value) {
    return text.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
  }

  static String statusLine(int status) {
    return switch (status) {
      case 200 -> "200 OK";
      case 201 -> "201 Created";
      case 204 -> "204 No Content";
      case 301 -> "301 Moved Permanently";
      case 304 -> "304 Not Modified";
      case 400 -> "400 Bad Request";
      case 401 -> "401 Unauthorized";
      case 403 -> "403 Forbidden";
      case 404 -> "404 Not Found";
      case 409 -> "409 Conflict";
      case 431 -> "431 Request Header Fields Too Large";
      case 500 -> "500 Internal Server Error";
      case 501 -> "501 Not Implemented";
      case 503 -> "503 Service Unavailable";
      case 505 -> "505 HTTP Version Not Supported";
      default -> status + " Status";
    };
  }
}
