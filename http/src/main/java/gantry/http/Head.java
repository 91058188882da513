package gantry.http;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;

/// Writes the head of a response.
///
/// It is put together in an array, whole texts at a time, and handed to the buffer in one piece: a
/// loop over characters is what a virtual machine that has just started is slow at, and this is on
/// the way of every answer.
final class Head {
  private static final int ROOM_BYTES = 512;
  private static final String[] DAYS = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  private record Stamp(long second, HeaderLines line) {}

  private static volatile Stamp stamp = new Stamp(0, HeaderLines.of(Map.of()));

  private final ByteBuf buffer;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(ROOM_BYTES);

  private Head(ByteBuf buffer, String statusLine) {
    this.buffer = buffer;
    ascii("HTTP/1.1 ");
    ascii(statusLine);
    ascii("\r\n");
  }

  /// A head with the headers that every response has, and the date.
  static Head ordinary(ByteBuf buffer, String statusLine, HeaderLines ordinary) {
    Head head = new Head(buffer, statusLine);
    head.lines(ordinary);
    head.lines(date());
    return head;
  }

  static Head bare(ByteBuf buffer, String statusLine) {
    return new Head(buffer, statusLine);
  }

  /// Line breaks in a value would begin a header of their own; they become spaces.
  void header(String name, String value) {
    ascii(name);
    ascii(": ");
    bytes.writeBytes(value.replace('\r', ' ').replace('\n', ' ').getBytes(StandardCharsets.UTF_8));
    ascii("\r\n");
  }

  /// A header whose value is a word of ours.
  void plainHeader(String name, String value) {
    ascii(name);
    ascii(": ");
    ascii(value);
    ascii("\r\n");
  }

  void lines(HeaderLines lines) {
    lines.writeTo(bytes);
  }

  void end() {
    ascii("\r\n");
    buffer.writeBytes(bytes.toByteArray());
  }

  // As Latin 1, of which ASCII is a part: a string has its bytes at hand in it.
  private void ascii(String text) {
    bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  // The date changes once a second; most responses are more frequent than that.
  private static HeaderLines date() {
    long now = System.currentTimeMillis() / 1000;
    Stamp last = stamp;
    if (last.second != now) {
      last = new Stamp(now, HeaderLines.of(Map.of("Date", dateText(now))));
      stamp = last;
    }
    return last.line;
  }

  // By hand: a formatter's classes would cost more than all else of the first answer.
  private static String dateText(long second) {
    LocalDateTime at = LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC);
    StringBuilder line = new StringBuilder(32);
    line.append(DAYS[at.getDayOfWeek().getValue() - 1]).append(", ");
    twoDigits(line, at.getDayOfMonth()).append(' ').append(MONTHS[at.getMonthValue() - 1]);
    line.append(' ').append(at.getYear()).append(' ');
    twoDigits(line, at.getHour()).append(':');
    twoDigits(line, at.getMinute()).append(':');
    return twoDigits(line, at.getSecond()).append(" GMT").toString();
  }

  private static StringBuilder twoDigits(StringBuilder text, int value) {
    return text.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
  }

  static String statusLine(int status) {
    return switch (status) {
      case 200 -> "200 OK";
      case 201 -> "201 Created";
      case 202 -> "202 Accepted";
      case 204 -> "204 No Content";
      case 206 -> "206 Partial Content";
      case 301 -> "301 Moved Permanently";
      case 302 -> "302 Found";
      case 303 -> "303 See Other";
      case 304 -> "304 Not Modified";
      case 400 -> "400 Bad Request";
      case 401 -> "401 Unauthorized";
      case 403 -> "403 Forbidden";
      case 404 -> "404 Not Found";
      case 405 -> "405 Method Not Allowed";
      case 409 -> "409 Conflict";
      case 413 -> "413 Content Too Large";
      case 415 -> "415 Unsupported Media Type";
      case 416 -> "416 Range Not Satisfiable";
      case 429 -> "429 Too Many Requests";
      case 431 -> "431 Request Header Fields Too Large";
      case 500 -> "500 Internal Server Error";
      case 501 -> "501 Not Implemented";
      case 502 -> "502 Bad Gateway";
      case 503 -> "503 Service Unavailable";
      case 504 -> "504 Gateway Timeout";
      case 505 -> "505 HTTP Version Not Supported";
      case 507 -> "507 Insufficient Storage";
      default -> status + " Status";
    };
  }
}
