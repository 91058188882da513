package gantry.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.image.tar.TarEntry.Kind;
import gantry.image.tar.TarEntry.Segment;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import gantry.testing.Randomly;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {
  private static final TimeSpec TIME = new TimeSpec(1_700_000_000, 0);

  private static TarReader reader(byte[] archive) {
    return TarReader.of(new ByteArrayInputStream(archive));
  }

  private static byte[] archive(TarEntry entry, byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(bytes);
    writer.begin(entry);
    writer.write(content, 0, content.length);
    writer.finish();
    return bytes.toByteArray();
  }

  private static TarEntry entry(
      String name, Kind kind, String link, Map<String, byte[]> attributes) {
    return new TarEntry(
        name,
        kind,
        04755,
        3_000_000,
        70_000,
        0,
        TIME,
        Optional.empty(),
        link,
        kind == Kind.BLOCK_DEVICE ? new DeviceNumber(8, 17) : new DeviceNumber(0, 0),
        attributes,
        Optional.empty());
  }

  /// A header whose checksum is right, after `change` was made to it.
  private static byte[] header(Consumer<byte[]> change) {
    byte[] header =
        Arrays.copyOf(archive(TarEntry.file("f", 0644, 0, TIME), new byte[0]), TarHeader.SIZE);
    change.accept(header);
    Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    return header;
  }

  private static void put(byte[] header, int offset, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, header, offset, bytes.length);
  }

  @Test
  void next_whatWasWritten_isTheSame() {
    Randomly.check(
        random -> {
          String name = Randomly.text(random, "abcdefghijklmnopqrstuvwxyz", 299) + "a";
          String target =
              Randomly.text(random, 200).replace("\0", "").replaceAll("[\\ud800-\\udfff]", "x")
                  + "x";
          byte[] content = new byte[random.nextInt(2001)];
          random.nextBytes(content);
          isTheSame(name, target, content, random.nextLong(-5_000_000_000L, 100_000_000_001L));
        });
  }

  private static void isTheSame(String name, String target, byte[] content, long seconds) {
    TarEntry file = TarEntry.file(name + "/ü", 0644, content.length, new TimeSpec(seconds, 0));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(bytes);
    writer.file(file, content);
    writer.begin(entry(name, Kind.SYMBOLIC_LINK, target, Map.of()));
    writer.finish();

    TarReader reader = reader(bytes.toByteArray());

    assertThat(reader.next()).contains(file);
    assertThat(reader.readAll(2000)).isEqualTo(content);
    assertThat(reader.next().orElseThrow())
        .returns(name, TarEntry::name)
        .returns(target, TarEntry::linkName)
        .returns(3_000_000, TarEntry::uid)
        .returns(70_000, TarEntry::gid)
        .returns(04755, TarEntry::permissions);
    assertThat(reader.next()).isEmpty();
  }

  @Test
  void next_binaryAttribute_survives() {
    byte[] value = {1, 0, (byte) 0xFF, '\n', '='};
    byte[] archive =
        archive(entry("f", Kind.FIFO, "", Map.of("security.capability", value)), new byte[0]);

    TarEntry read = reader(archive).next().orElseThrow();

    assertThat(read.attributes().get("security.capability")).isEqualTo(value);
  }

  @Test
  void next_device_hasItsNumber() {
    byte[] archive = archive(entry("d", Kind.BLOCK_DEVICE, "", Map.of()), new byte[0]);

    assertThat(reader(archive).next().orElseThrow().device()).isEqualTo(new DeviceNumber(8, 17));
  }

  @Test
  void next_nameThatIsNoUtf8_keepsItsBytes() {
    byte[] header = header(h -> put(h, 0, "a\u00ffb"));

    TarEntry read = reader(header).next().orElseThrow();
    byte[] again = archive(read, new byte[0]);

    assertThat(read.name()).isEqualTo("a\udcffb");
    assertThat(reader(again).next().orElseThrow().name()).isEqualTo("a\udcffb");
  }

  @Test
  void next_base256Number_isRead() {
    byte[] header =
        header(
            h -> {
              Arrays.fill(h, 136, 148, (byte) 0xFF); // -2
              h[147] = (byte) 0xFE;
            });

    assertThat(reader(header).next().orElseThrow().modified()).isEqualTo(new TimeSpec(-2, 0));
  }

  @Test
  void next_paxTime_keepsNanoseconds() {
    byte[] body = "30 mtime=1700000000.123456789\n".getBytes(StandardCharsets.US_ASCII);
    byte[] pax =
        header(
            h -> {
              h[156] = 'x';
              put(h, 124, "%011o".formatted(body.length));
            });
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(pax);
    all.writeBytes(Arrays.copyOf(body, 512));
    all.writeBytes(header(_ -> {}));

    assertThat(reader(all.toByteArray()).next().orElseThrow().modified())
        .isEqualTo(new TimeSpec(1_700_000_000, 123_456_789));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax-0.0", "pax-0.1", "pax-1.0"})
  void next_sparseFileOfGnuTar_hasItsSegments(String format) throws IOException {
    // tar (GNU tar) 1.34: -S --format=gnu, or --format=posix --sparse-version=…
    try (InputStream packed =
            TarReaderTest.class.getResourceAsStream("sparse-" + format + ".tar.gz");
        InputStream archive = new GZIPInputStream(Objects.requireNonNull(packed))) {
      TarReader reader = TarReader.of(archive);
      TarEntry entry = reader.next().orElseThrow();

      assertThat(entry.name()).isEqualTo("s");
      assertThat(entry.sizeBytes()).isEqualTo(300_000);
      List<Segment> data = entry.data().orElseThrow();
      assertThat(data).contains(new Segment(4096, 4096));
      byte[] first = new byte[4];
      assertThat(reader.read(first, 0, 4)).isEqualTo(4);
      assertThat(first).isEqualTo("AAAA".getBytes(StandardCharsets.US_ASCII));
      assertThat(reader.next()).isEmpty();
    }
  }

  @Test
  void next_truncatedContent_namesTheEntry() {
    byte[] whole = archive(TarEntry.file("data/3", 0644, 5000, TIME), new byte[5000]);
    TarReader reader = reader(Arrays.copyOf(whole, 3000));
    assertThat(reader.next()).isPresent();

    assertThatThrownBy(reader::next)
        .isInstanceOf(TarException.class)
        .hasMessage("unexpected EOF: the archive ends in the middle of 'data/3'");
  }

  @Test
  void next_noTarAtAll_saysSo() {
    byte[] text = "x".repeat(600).getBytes(StandardCharsets.US_ASCII);
    byte[] damaged = archive(TarEntry.file("f", 0644, 0, TIME), new byte[0]);
    damaged[5] ^= 1;

    assertThatThrownBy(() -> reader(text).next())
        .isInstanceOf(TarException.class)
        .hasMessage("invalid tar header: a number is not octal");
    assertThatThrownBy(() -> reader(damaged).next())
        .hasMessage("invalid tar header at its beginning");
  }

  @Test
  void next_hugeExtendedHeader_isRefusedWithoutReadingIt() {
    byte[] pax =
        header(
            h -> {
              h[156] = 'x';
              put(h, 124, "77777777777");
            });

    assertThatThrownBy(() -> reader(pax).next())
        .isInstanceOf(TarException.class)
        .hasMessage("at its beginning: extended header of 8589934591 bytes is larger than 1048576");
  }

  @Test
  void next_endlessExtendedHeaders_areRefused() {
    byte[] global =
        header(
            h -> {
              h[156] = 'g';
              put(h, 124, "00000000000");
            });
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < 100; i++) {
      all.writeBytes(global);
    }

    assertThatThrownBy(() -> reader(all.toByteArray()).next())
        .hasMessage("at its beginning: more than 16 extended headers in a row");
  }

  @Test
  void next_negativeSize_isRefused() {
    byte[] header = header(h -> Arrays.fill(h, 124, 136, (byte) 0xFF));

    assertThatThrownBy(() -> reader(header).next())
        .isInstanceOf(TarException.class)
        .hasMessage("'f': size is negative");
  }

  @Test
  void next_sizeBeyondEverything_endsAsTruncated() {
    byte[] header =
        header(
            h -> {
              Arrays.fill(h, 124, 136, (byte) 0xFF);
              h[124] = (byte) 0x80;
              Arrays.fill(h, 125, 128, (byte) 0);
              h[128] = 0x7F;
            });
    TarReader reader = reader(header);

    assertThat(reader.next().orElseThrow().sizeBytes()).isEqualTo(Long.MAX_VALUE);
    assertThatThrownBy(reader::next).hasMessageContaining("in the middle of 'f'");
  }

  @Test
  void next_unknownType_isRefused() {
    byte[] header = header(h -> h[156] = 'V');

    assertThatThrownBy(() -> reader(header).next())
        .isInstanceOf(TarException.class)
        .hasMessage("'f': unhandled tar header type 86");
  }

  @Test
  void next_sparseMapThatOverlaps_isRefused() {
    byte[] header =
        header(
            h -> {
              h[156] = 'S';
              put(h, 124, "00000000004");
              put(h, 386, "00000000010\00000000000002\0");
              put(h, 410, "00000000000\00000000000002\0");
              put(h, 483, "00000000100\0");
            });

    assertThatThrownBy(() -> reader(header).next())
        .isInstanceOf(TarException.class)
        .hasMessage("'f': invalid map of a sparse file");
  }

  @Test
  void readAll_moreThanTheLimit_isRefused() {
    TarReader reader = reader(archive(TarEntry.file("f", 0644, 100, TIME), new byte[100]));
    assertThat(reader.next()).isPresent();

    assertThatThrownBy(() -> reader.readAll(99))
        .isInstanceOf(TarException.class)
        .hasMessage("'f': 100 bytes are more than the 99 allowed");
  }
}
