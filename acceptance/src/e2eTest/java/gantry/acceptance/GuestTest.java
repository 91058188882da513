package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Checkout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.parallel.Isolated;

/// What the distribution does on a stock Debian machine: cgroup v2 alone, systemd, AppArmor.
///
/// The machine is emulated (`acceptance/guest/guest`), boots once and runs
/// `acceptance/guest/checks`; each line that prints is a test here. Of what is installed on this
/// machine it uses QEMU and mmdebstrap alone: the disk is made from Debian's packages and the JDK
/// that the distribution was built with, and kept in `.cache`.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
@Isolated("the emulated machine needs both cores")
class GuestTest {
  private static final Path GUEST = Checkout.root().resolve("acceptance/guest");
  private static final Path CACHE = Checkout.root().resolve(".cache/guest");
  private static final Pattern CHECK = Pattern.compile("(not )?ok ([^:]+)(?:: (.*))?");

  @TestFactory
  Stream<DynamicTest> checks() throws Exception {
    String machine = GUEST.resolve("guest").toString();
    String distribution = Checkout.distribution().toString();
    run(machine, "build", CACHE.toString(), distribution);
    String script = GUEST.resolve("checks").toString();
    List<String> console = run(machine, "run", CACHE.toString(), distribution, script);
    List<DynamicTest> seen =
        console.stream().map(CHECK::matcher).filter(Matcher::matches).map(GuestTest::test).toList();
    DynamicTest complete =
        DynamicTest.dynamicTest(
            "every check was seen",
            () ->
                assertThat(console)
                    .contains("1.." + seen.size())
                    .anyMatch(line -> line.matches("GUEST EXIT [01]")));
    return Stream.concat(seen.stream(), Stream.of(complete));
  }

  private static DynamicTest test(MatchResult check) {
    return DynamicTest.dynamicTest(
        check.group(2), () -> assertThat(check.group(1)).as(check.group()).isNull());
  }

  private static List<String> run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    try (InputStream out = process.getInputStream()) {
      List<String> lines = new String(out.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
      lines.forEach(System.out::println);
      process.waitFor();
      return lines;
    }
  }
}
