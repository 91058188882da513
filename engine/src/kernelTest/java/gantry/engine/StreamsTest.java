package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.TestEngine.Output;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.LogConfig;
import gantry.engine.container.TerminalSize;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Standard streams, from attach to log.
class StreamsTest {
  private static final AttachOptions ALL =
      new AttachOptions(true, true, true, false, true, Optional.empty());

  private static TestEngine test;

  @BeforeAll
  static void open() {
    test = TestEngine.open();
  }

  @AfterAll
  static void close() throws IOException {
    if (test != null) {
      test.close();
    }
  }

  @KernelTest
  void attach_beforeTheStart_losesNothing() throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      assertThat(test.runAttached(spec("echo", "hi")).stdout()).isEqualTo("hi\n");
    }
  }

  @KernelTest
  void stdin_closedByTheClient_endsCat() throws Exception {
    String id = test.create(spec("cat").openStdin(true).stdinOnce(true));
    Output output = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, output)) {
      test.containers().start(id, Optional.empty());
      assertThat(attachment.write("abc".getBytes(StandardCharsets.UTF_8), 0, 3)).isTrue();
      attachment.closeInput();
      attachment.awaitEnd();
    }
    assertThat(output.stdout()).isEqualTo("abc");
    assertThat(test.awaitExit(id)).isZero();
  }

  @KernelTest
  void stdin_megabytesThroughCat_comeBackUnchanged() throws Exception {
    byte[] data = new byte[3 << 20];
    new java.util.Random(1).nextBytes(data);
    String id = test.create(spec("cat").openStdin(true).stdinOnce(true));
    Output output = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, output)) {
      test.containers().start(id, Optional.empty());
      assertThat(attachment.write(data, 0, data.length)).isTrue();
      attachment.closeInput();
      attachment.awaitEnd();
    }
    assertThat(output.bytes()).isEqualTo(data);
  }

  @KernelTest
  void stdin_sentBeforeTheStart_arrives() throws Exception {
    String id = test.create(spec("cat").openStdin(true).stdinOnce(true));
    Output output = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, output)) {
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      boolean _ = attachment.write(new byte[] {'x'}, 0, 1);
                      attachment.closeInput();
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  });
      test.containers().start(id, Optional.empty());
      attachment.awaitEnd();
      sender.join();
    }
    assertThat(output.stdout()).isEqualTo("x");
  }

  @KernelTest
  void terminal_isOne_andHasTheSize() throws Exception {
    String id =
        test.create(
            spec("sh", "-c", "test -t 0 && stty size")
                .terminal(true)
                .terminalSize(new TerminalSize(33, 77)));
    Output output = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, output)) {
      test.containers().start(id, Optional.empty());
      attachment.awaitEnd();
    }
    assertThat(output.stdout()).isEqualTo("33 77\r\n");
    assertThat(test.logs(id)).isEqualTo("33 77\r\n");
  }

  @KernelTest
  void terminal_detachKeys_leaveTheProgramRunning() throws Exception {
    String id = test.create(spec("sh").terminal(true).openStdin(true));
    Output output = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, output)) {
      test.containers().start(id, Optional.empty());
      assertThat(
              attachment.write(
                  new byte[] {
                    'e', 'c', 'h', 'o', ' ', '$', '(', '(', '4', '2', '+', '1', ')', ')', '\n'
                  },
                  0,
                  15))
          .isTrue();
      LifecycleTest.await(() -> output.stdout().contains("43"));
      assertThat(attachment.write(new byte[] {16, 17}, 0, 2)).isFalse();
      attachment.awaitEnd();
      assertThat(attachment.detached()).isTrue();
    }
    assertThat(test.containers().find(id).state().running()).isTrue();
    test.containers().resize(id, new TerminalSize(10, 20));
    test.containers().remove(id, true, false);
  }

  @KernelTest
  void terminal_clientGone_theNextOneTypesOn() throws Exception {
    String id = test.create(spec("sh").terminal(true).openStdin(true).stdinOnce(true));
    Output first = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, first)) {
      test.containers().start(id, Optional.empty());
      byte[] line = "x=kept\n".getBytes(StandardCharsets.UTF_8);
      assertThat(attachment.write(line, 0, line.length)).isTrue();
      LifecycleTest.await(() -> first.stdout().contains("x=kept"));
    }
    Output second = new Output();
    try (Attachment attachment = test.containers().attach(id, ALL, second)) {
      byte[] line = "echo $x; exit 4\n".getBytes(StandardCharsets.UTF_8);
      assertThat(attachment.write(line, 0, line.length)).isTrue();
      attachment.awaitEnd();
    }
    assertThat(second.stdout()).contains("\nkept");
    assertThat(test.awaitExit(id)).isEqualTo(4);
  }

  @KernelTest
  void slowListener_holdsUpNobodyForEver() throws Exception {
    String id = test.create(spec("sh", "-c", "seq 1 200000"));
    CountDownLatch held = new CountDownLatch(1);
    Output quick = new Output();
    AttachOptions outputOnly = new AttachOptions(false, true, true, false, true, Optional.empty());
    try (Attachment slow =
            test.containers()
                .attach(
                    id,
                    outputOnly,
                    (stream, bytes, offset, length) -> {
                      try {
                        boolean _ = held.await(30, TimeUnit.SECONDS);
                      } catch (InterruptedException e) {
                        throw new IOException(e);
                      }
                    });
        Attachment attachment = test.containers().attach(id, outputOnly, quick)) {
      test.containers().start(id, Optional.empty());
      LifecycleTest.await(() -> quick.size() > 500_000);
      held.countDown();
      attachment.awaitEnd();
      slow.awaitEnd();
    }
    assertThat(quick.stdout()).endsWith("200000\n").hasLineCount(200_000);
  }

  @KernelTest
  void logs_followed_areAllThere() {
    int lines = 300_000;
    String id = test.start(spec("sh", "-c", "seq 1 " + lines));
    Output output = new Output();
    test.containers().logs(id, TestEngine.following(), () -> {}, output);
    assertThat(output.stdout()).hasLineCount(lines).endsWith(lines + "\n");
    assertThat(test.logs(id, TestEngine.query(OptionalInt.of(3), false)))
        .isEqualTo((lines - 2) + "\n" + (lines - 1) + "\n" + lines + "\n");
  }

  @KernelTest
  void logs_timestamps_standBeforeEveryLine() {
    String id = test.start(spec("sh", "-c", "echo one; echo two"));
    test.awaitExit(id);
    assertThat(test.logs(id, TestEngine.query(OptionalInt.empty(), true)).lines())
        .allMatch(
            line -> line.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{9}Z (one|two)"));
  }

  @KernelTest
  void logs_rotated_keepTheNewestAndFollow() {
    String id =
        test.start(
            spec("sh", "-c", "seq 1 60000")
                .log(new LogConfig("json-file", Map.of("max-size", "500k", "max-file", "3"))));
    Output output = new Output();
    test.containers().logs(id, TestEngine.following(), () -> {}, output);
    assertThat(output.stdout()).endsWith("60000\n");
    String kept = test.logs(id);
    assertThat(kept).endsWith("60000\n");
    assertThat(kept.lines().count()).isBetween(3000L, 40_000L);
    long first = Long.parseLong(kept.lines().findFirst().orElseThrow());
    assertThat(kept.lines().count()).isEqualTo(60_000 - first + 1);
  }

  @KernelTest
  void logs_longLineAndNoLineEnd_areGivenBackAsWritten() {
    String id =
        test.start(spec("sh", "-c", "head -c 50000 /dev/zero | tr '\\0' 'a'; printf 'b\\nend'"));
    test.awaitExit(id);
    assertThat(test.logs(id)).isEqualTo("a".repeat(50_000) + "b\nend");
    assertThat(test.logs(id, TestEngine.query(OptionalInt.of(2), true)).lines()).hasSize(2);
  }

  @KernelTest
  void attach_withLogs_beginsWithWhatWasWritten() throws InterruptedException {
    String id = test.start(spec("sh", "-c", "echo early; sleep 1; echo late"));
    LifecycleTest.await(() -> test.logs(id).contains("early"));
    Output output = new Output();
    try (Attachment attachment =
        test.containers()
            .attach(
                id, new AttachOptions(false, true, true, true, true, Optional.empty()), output)) {
      attachment.awaitEnd();
    }
    assertThat(output.stdout()).isEqualTo("early\nlate\n");
  }

  @KernelTest
  void logDriverNone_cannotBeRead_butAttached() throws InterruptedException {
    assertThat(test.runAttached(spec("echo", "x").log(new LogConfig("none", Map.of()))).stdout())
        .isEqualTo("x\n");
  }
}
