package gantry.daemon.build;

import static gantry.daemon.build.Script.built;
import static gantry.daemon.build.Script.cached;
import static gantry.daemon.build.Script.digest;
import static gantry.daemon.build.Script.failed;
import static gantry.daemon.build.Script.finished;
import static gantry.daemon.build.Script.output;
import static gantry.daemon.build.Script.planned;
import static gantry.daemon.build.Script.started;
import static gantry.daemon.build.Script.vertex;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.oci.Reference;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassicTextTest {
  private static final Vertex FROM = vertex(1, 4, Work.FILES, "FROM busybox");
  private static final Vertex RUN = vertex(2, 4, Work.COMMAND, "RUN make");
  private static final Vertex COPY = vertex(3, 4, Work.FILES, "COPY a b");
  private static final Vertex CMD = vertex(4, 4, Work.CONFIGURATION, "CMD [\"x\"]");

  private final StringBuilder printed = new StringBuilder();
  private final ClassicText text = new ClassicText(printed::append);

  private void tell(BuildEvent... events) {
    for (BuildEvent event : events) {
      text.on(event);
    }
  }

  private static String id(String of) {
    return digest(of).shortHex();
  }

  @Test
  void wholeBuild_isWordedAsTheClassicBuildersIs() {
    tell(planned(FROM, RUN, COPY, CMD));
    tell(started(FROM), cached(FROM, "base"));
    tell(started(RUN), output(RUN, "made\n"), built(RUN, "r"));
    tell(started(COPY), cached(COPY, "c"), started(CMD), built(CMD, "d"));
    text.built(digest("image"), List.of(Reference.parse("x"), Reference.parse("q.io/y:1")));
    assertThat(printed)
        .hasToString(
            """
            Step 1/4 : FROM busybox
             ---> %s
            Step 2/4 : RUN make
             ---> Running in %s
            made
             ---> Removed intermediate container %s
             ---> %s
            Step 3/4 : COPY a b
             ---> Using cache
             ---> %s
            Step 4/4 : CMD ["x"]
             ---> %s
            Successfully built %s
            Successfully tagged x:latest
            Successfully tagged q.io/y:1
            """
                .formatted(
                    id("base"),
                    RUN.id().shortHex(),
                    RUN.id().shortHex(),
                    id("r"),
                    id("c"),
                    id("d"),
                    id("image")));
  }

  @Test
  void laterStep_waitsForItsTurn() {
    tell(planned(FROM, RUN, COPY), started(FROM), cached(FROM, "base"));
    tell(started(COPY), built(COPY, "c"), started(RUN), output(RUN, "1\n"));
    assertThat(printed.toString()).endsWith("1\n").doesNotContain("COPY");
    tell(output(RUN, "2\n"), built(RUN, "r"));
    assertThat(printed.toString())
        .contains("1\n2\n ---> Removed")
        .endsWith(" ---> %s\nStep 3/4 : COPY a b\n ---> %s\n".formatted(id("r"), id("c")));
  }

  @Test
  void stepWhoseTurnComes_goesOnLive() {
    tell(planned(FROM, RUN), started(FROM), started(RUN), output(RUN, "early\n"));
    assertThat(printed.toString()).doesNotContain("early");
    tell(cached(FROM, "base"));
    assertThat(printed.toString()).endsWith("early\n");
    tell(output(RUN, "live\n"));
    assertThat(printed.toString()).endsWith("early\nlive\n");
  }

  @Test
  void failingStep_isPrintedBeforeEarlierOnesThatStillRan() {
    tell(planned(FROM, RUN, COPY), started(FROM), cached(FROM, "base"));
    Vertex later = vertex(3, 4, Work.COMMAND, "RUN false");
    tell(planned(later), started(RUN), started(later), output(later, "no\n"));
    tell(failed(later, 3, "/bin/sh", "-c", "false"), output(RUN, "too late\n"));
    tell(finished(RUN, new Outcome.Cancelled()));
    assertThat(printed.toString())
        .endsWith(
            "Step 3/4 : RUN false\n ---> Running in %s\nno\n".formatted(later.id().shortHex()));
    assertThat(text.failedCommand().orElseThrow().code()).isEqualTo(3);
  }

  @Test
  void standardError_isRed_andCharactersStayWhole() {
    tell(planned(RUN), started(RUN), output(RUN, true, (byte) 'e', (byte) 0xc3));
    tell(output(RUN, true, (byte) 0xa9), output(RUN, false, (byte) 0xff));
    assertThat(printed.toString()).endsWith("\u001b[91me\u001b[0m\u001b[91mé\u001b[0m\uFFFD");
  }

  @Test
  void outputThatWaits_isBounded() {
    tell(planned(FROM, RUN), started(FROM), started(RUN));
    String megabyte = "x".repeat(1 << 20);
    for (int i = 0; i < 20; i++) {
      tell(output(RUN, megabyte));
    }
    tell(cached(FROM, "base"));
    assertThat(printed.length()).isBetween(7 << 20, (8 << 20) + 1000);
    assertThat(printed.toString()).contains("[the rest of this step's output was cut");
    tell(output(RUN, "live again\n"));
    assertThat(printed.toString()).endsWith("live again\n");
  }

  @Test
  void stepsOfOneNumber_areBothPrinted() {
    Vertex trigger = vertex(1, 4, Work.COMMAND, "RUN trigger");
    tell(planned(FROM, trigger), started(FROM), cached(FROM, "b"));
    tell(started(trigger), built(trigger, "t"));
    assertThat(printed.toString()).contains("Step 1/4 : FROM", "Step 1/4 : RUN trigger");
  }

  @Test
  void buildersOwnWork_isNoStep() {
    Vertex own = vertex(0, 0, Work.BUILDER, "load build context");
    tell(planned(own, FROM), started(own), output(own, "x"), built(own, "x"), started(FROM));
    assertThat(printed).hasToString("Step 1/4 : FROM busybox\n");
  }
}
