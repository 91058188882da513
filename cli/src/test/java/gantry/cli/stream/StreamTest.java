package gantry.cli.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.cli.command.CliException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private static ByteArrayInputStream bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return new ByteArrayInputStream(bytes);
  }

  @Test
  void demultiplex_frames_goToTheirStreams() throws IOException {
    Frames.demultiplex(
        bytes(
            1, 0, 0, 0, 0, 0, 0, 2, 0, 255, 2, 0, 0, 0, 0, 0, 0, 1, 'e', 1, 0, 0, 0, 0, 0, 0, 0, 1,
            0, 0, 0, 0, 0, 0, 1, 10),
        out,
        err);
    assertThat(out.toByteArray()).containsExactly(0, 255, 10);
    assertThat(err.toByteArray()).containsExactly('e');
  }

  @Test
  void demultiplex_cutOff_isAnError() {
    assertThatThrownBy(() -> Frames.demultiplex(bytes(1, 0, 0), out, err))
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> Frames.demultiplex(bytes(1, 0, 0, 0, 0, 0, 0, 5, 'a'), out, err))
        .isInstanceOf(EOFException.class)
        .hasMessageContaining("4 bytes");
    assertThat(out.toByteArray()).containsExactly('a');
  }

  @Test
  void demultiplex_daemonError_isThrown() {
    assertThatThrownBy(() -> Frames.demultiplex(bytes(3, 0, 0, 0, 0, 0, 0, 2, 'n', 'o'), out, err))
        .hasMessage("error from daemon in stream: no");
    assertThatThrownBy(() -> Frames.demultiplex(bytes(9, 0, 0, 0, 0, 0, 0, 0), out, err))
        .hasMessage("unrecognized input header: 9");
  }

  private static List<Byte> list(String text) {
    return text.chars().mapToObj(c -> (byte) c).toList();
  }

  @Test
  void detachKeys_sequenceOverSeveralReads_detaches() {
    DetachKeys keys = DetachKeys.parse("");
    assertThat(keys.feed(new byte[] {'a', 16}, 2))
        .isEqualTo(new DetachKeys.Typed(list("a"), false));
    assertThat(keys.feed(new byte[] {17, 'b'}, 2)).isEqualTo(new DetachKeys.Typed(List.of(), true));
  }

  @Test
  void detachKeys_brokenMatch_isHandedOn() {
    DetachKeys keys = DetachKeys.parse("ctrl-p,ctrl-q");
    assertThat(keys.feed(new byte[] {16, 'x'}, 2))
        .isEqualTo(new DetachKeys.Typed(List.of((byte) 16, (byte) 'x'), false));
    assertThat(keys.feed(new byte[] {16, 16, 17}, 3))
        .isEqualTo(new DetachKeys.Typed(List.of((byte) 16), true));
  }

  @Test
  void detachKeys_singleKey_detachesAtOnce() {
    assertThat(DetachKeys.parse("ctrl-c").feed(new byte[] {'a', 3}, 2))
        .isEqualTo(new DetachKeys.Typed(list("a"), true));
    assertThat(DetachKeys.parse("ctrl-[").feed(new byte[] {27}, 1).detached()).isTrue();
    assertThatThrownBy(() -> DetachKeys.parse("ctrl-!")).hasMessage("Unknown character: 'ctrl-!'");
  }

  private String shown(String messages, boolean terminal) throws IOException {
    PrintStream stream = new PrintStream(out, false, StandardCharsets.UTF_8);
    Progress.show(
        new ByteArrayInputStream(messages.getBytes(StandardCharsets.UTF_8)), stream, terminal);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void progress_elsewhere_leavesBarsOut() throws IOException {
    String messages =
        """
        {"status":"Pulling from x","id":"latest"}
        {"status":"Pulling fs layer","progressDetail":{},"id":"a1"}
        {"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"a1"}
        {"status":"Pull complete","progressDetail":{},"id":"a1"}
        {"stream":"Loaded image: x\\n"}
        """;
    assertThat(shown(messages, false))
        .isEqualTo(
            "latest: Pulling from x\na1: Pulling fs layer\na1: Pull complete\nLoaded image: x\n");
  }

  @Test
  void progress_terminal_redrawsTheLine() throws IOException {
    String messages =
        "{\"status\":\"D\",\"progressDetail\":{\"current\":5,\"total\":10},\"id\":\"a\"}{\"status\":\"Done\",\"progressDetail\":{},\"id\":\"a\"}";
    String bar = "[=========================>                         ]       5B/10B";
    assertThat(shown(messages, true))
        .isEqualTo(
            "\n\u001b[1A\u001b[2K\ra: D "
                + bar
                + "\r\u001b[1B\u001b[1A\u001b[2K\ra: Done \r\u001b[1B");
  }

  @Test
  void progress_error_endsIt() {
    assertThatThrownBy(
            () ->
                shown("{\"errorDetail\":{\"message\":\"no space\"},\"error\":\"no space\"}", false))
        .isInstanceOf(CliException.class)
        .hasMessage("no space");
  }
}
