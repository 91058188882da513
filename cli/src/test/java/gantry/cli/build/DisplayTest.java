package gantry.cli.build;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.cli.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DisplayTest {
  private final Told told = new Told();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private final PlainDisplay plain = new PlainDisplay(out, () -> told.now);

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void plain_isNumberedByStep() {
    told.plan(plain);
    told.started(plain, "f");
    told.finished(plain, "f", "cached");
    told.started(plain, "r");
    told.pass(0.123);
    told.output(plain, "r", "one\\ntw");
    told.pass(0.1);
    told.output(plain, "r", "o\\nend");
    told.finished(plain, "r", "built");
    plain.close();
    assertThat(printed())
        .isEqualTo(
            """
            #1 [a 1/2] FROM busybox
            #1 CACHED

            #2 [a 2/2] RUN make
            #2 0.123 one
            #2 0.223 two
            #2 0.223 end
            #2 DONE 0.2s

            """);
  }

  @Test
  void plain_keepsStepsApart() {
    told.plan(plain);
    told.started(plain, "r");
    told.started(plain, "s");
    told.output(plain, "s", "slow 1\\n");
    told.output(plain, "r", "make 1\\n");
    told.finished(plain, "r", "built");
    told.output(plain, "s", "slow 2\\n");
    told.finished(plain, "s", "built");
    assertThat(printed())
        .isEqualTo(
            """
            #1 [a 2/2] RUN make
            #1 0.000 make 1
            #1 DONE 0.0s

            #2 [b 1/2] RUN slow
            #2 0.000 slow 1
            #2 0.000 slow 2
            #2 DONE 0.0s

            """);
  }

  @Test
  void plain_silentStep_givesTheFloorAway() {
    told.plan(plain);
    told.started(plain, "r");
    told.started(plain, "s");
    told.pass(6);
    told.output(plain, "s", "hello\\n");
    assertThat(printed())
        .isEqualTo(
            """
            #1 [a 2/2] RUN make
            #1 ...

            #2 [b 1/2] RUN slow
            #2 6.000 hello
            """);
    told.finished(plain, "r", "cancelled");
    told.finished(plain, "s", "cancelled");
    assertThat(printed()).endsWith("#2 CANCELED\n\n#1 [a 2/2] RUN make\n#1 CANCELED\n\n");
  }

  @Test
  void plain_saysWhy_andWhatWasTransferred() {
    told.plan(plain);
    told.started(plain, "f");
    told.tell(
        plain,
        "{'event':'explained','vertex':'f','hit':false,'reasons':['the file a is another']}");
    told.tell(
        plain,
        "{'event':'progressed','vertex':'f','part':'context','current':2000,'total':4000,@}");
    told.tell(plain, "{'event':'progressed','vertex':'f','part':'asking around',@}");
    told.finished(plain, "f", "built");
    assertThat(printed())
        .isEqualTo(
            """
            #1 [a 1/2] FROM busybox
            #1 not cached because the file a is another
            #1 context: 2kB / 4kB done
            #1 asking around
            #1 DONE 0.0s

            """);
  }

  @Test
  void plain_failure_isTold() {
    told.plan(plain);
    told.started(plain, "r");
    told.tell(
        plain,
        "{'event':'finished','vertex':'r',@,'outcome':'failed','message':'no luck','exitCode':3}");
    assertThat(printed()).endsWith("#1 ERROR: no luck\n\n");
  }

  @Test
  void raw_isWhatTheDaemonSaid() {
    told.output(new RawDisplay(out), "x", "a");
    assertThat(printed()).isEqualTo("{\"event\":\"output\",\"vertex\":\"x\",\"text\":\"a\"}\n");
  }

  // --- on a terminal ---

  private final AtomicReference<Terminal.Size> size =
      new AtomicReference<>(new Terminal.Size(10, 40));
  private Screen screen = new Screen(40, 10);

  private TerminalDisplay terminal(boolean coloured) {
    return new TerminalDisplay(screen.stream(), told.graph, size::get, () -> told.now, coloured);
  }

  @Test
  void terminal_drawsOverItself() {
    TerminalDisplay display = terminal(true);
    told.plan(display);
    told.started(display, "f");
    display.draw(false);
    told.pass(0.2);
    told.finished(display, "f", "cached");
    told.started(display, "r");
    told.output(display, "r", "compiling\\n50%\\r60%");
    told.pass(1);
    display.draw(false);
    assertThat(screen.text())
        .isEqualTo(
            """
            [+] Building 1.2s (1/3)
             => CACHED [a 1/2] FROM busybox    0.2s
             => [a 2/2] RUN make               1.0s
             => => # compiling
             => => # 60%""");
    told.pass(1);
    told.finished(display, "r", "built");
    display.close();
    assertThat(screen.text())
        .isEqualTo(
            """
            [+] Building 2.2s (2/3) FINISHED
             => CACHED [a 1/2] FROM busybox    0.2s
             => [a 2/2] RUN make               2.0s""");
  }

  @Test
  void terminal_ofFewRows_showsWhatRuns_andEverythingAtTheEnd() {
    TerminalDisplay display = terminal(false);
    StringBuilder vertices = new StringBuilder();
    for (int i = 1; i <= 30; i++) {
      vertices.append(vertices.isEmpty() ? "" : ",");
      vertices.append(Told.vertex("v" + i, "step " + i, "a", i, "command"));
    }
    told.tell(display, "{'event':'planned','vertices':[" + vertices + "]}");
    for (int i = 1; i <= 30; i++) {
      told.started(display, "v" + i);
      told.output(display, "v" + i, "one\\ntwo\\n");
      display.draw(false);
      assertThat(screen.text().lines().count()).isLessThan(10);
      assertThat(screen.text()).contains(" => step " + i + " ", "# two").startsWith("[+] Building");
      told.finished(display, "v" + i, "built");
    }
    display.close();
    assertThat(screen.text()).contains(" => step 1 ", " => step 30 ");
    assertThat(screen.text().lines()).hasSize(31);
  }

  @Test
  void terminal_obeysNothingThatAStepPrints() {
    TerminalDisplay display = terminal(false);
    told.plan(display);
    told.started(display, "r");
    told.output(display, "r", "a\\u001b[2Jb\\u001b]0;title\\u0007c\\td\\u0008\\n");
    display.draw(false);
    assertThat(screen.text()).contains(" => => # abc     d").doesNotContain("title");
  }

  @Test
  void terminal_thatBecomesNarrower_isDrawnOverWhole() {
    TerminalDisplay display = terminal(false);
    told.plan(display);
    told.started(display, "f");
    told.started(display, "r");
    display.draw(false);
    // The terminal wraps what stands there: lines of 39 cells become two of 25.
    Screen narrow = new Screen(25, 10);
    PrintStream wrapped = narrow.stream();
    wrapped.print(screen.text() + "\n");
    wrapped.flush();
    ByteArrayOutputStream next = new ByteArrayOutputStream();
    size.set(new Terminal.Size(10, 25));
    TerminalDisplay again = display;
    screen.reset();
    again.draw(false);
    next.writeBytes(screen.raw());
    wrapped.print(next.toString(StandardCharsets.UTF_8));
    wrapped.flush();
    assertThat(narrow.text())
        .isEqualTo(
            """
            [+] Building 0.0s (0/3)
             => [a 1/2] FROM... 0.0s
             => [a 2/2] RUN ... 0.0s""");
  }

  @Test
  void wideCharacters_takeTwoCells() {
    assertThat(Cells.width("a日本e\u0301")).isEqualTo(6);
    assertThat(Cells.cut("日本語日本語", 9)).isEqualTo("日本語...");
    assertThat(Cells.cut("abc", 3)).isEqualTo("abc");
    assertThat(Cells.cut("abcd", 2)).isEqualTo("..");
  }
}
