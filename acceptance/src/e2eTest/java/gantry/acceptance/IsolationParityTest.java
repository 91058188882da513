package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.DockerPeer;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Subprocess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A process sees under Gantry what it sees under Docker: identity, capabilities, mounts, limits,
/// devices, and the errors of system calls that a container must not make. Whatever differs has a
/// row in docs/isolation.md that says why.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IsolationParityTest {
  private static final Path TABLE = Checkout.root().resolve("docs/isolation.md");

  /// Fields of /proc/self/status that no engine decides on.
  private static final Pattern PASSING =
      Pattern.compile(
          "Vm.*|Rss.*|Pid|Tgid|NStgid|NSpid|NSpgid|NSsid|SigQ|.*ctxt_switches|HugetlbPages|FDSize|PPid|State|TracerPid");

  private final Engine engine;
  private final Cli cli;
  private Engine reference;
  private Cli docker;
  private Path probe = Path.of("/");

  IsolationParityTest(Engine engine, Cli cli) {
    this.engine = engine;
    this.cli = cli;
    reference = engine;
    docker = cli;
  }

  @BeforeAll
  void startReference(@TempDir Path scratch) {
    probe = scratch.resolve("probe");
    assumeTrue(
        Checkout.peer().isPresent(),
        "this machine has no peer.sh to compare with: set GANTRY_PEER");
    if (!engine.docker()) {
      reference = DockerPeer.start();
      docker = new Cli(reference, "isolation");
    }
    Subprocess.run(
            List.of(
                "gcc",
                "-Os",
                "-ffreestanding",
                "-fno-stack-protector",
                "-static",
                "-nostdlib",
                "-fno-pie",
                "-no-pie",
                "-o",
                probe.toString(),
                Checkout.root().resolve("acceptance/probe/probe.c").toString()))
        .expect(0);
  }

  @AfterAll
  void stopReference() {
    if (!engine.docker()) {
      reference.close();
    }
  }

  /// Options that change what is allowed; the first has none.
  static Stream<List<String>> scenarios() {
    return Stream.of(
        List.of(),
        List.of("-u", "1000:1000"),
        List.of("--security-opt", "no-new-privileges"),
        List.of(
            "--cap-add",
            "SYS_ADMIN",
            "--cap-add",
            "BPF",
            "--cap-add",
            "SYS_PTRACE",
            "--cap-add",
            "SYSLOG"),
        List.of("--cap-drop", "ALL"),
        List.of("--cap-add", "ALL"),
        List.of("--security-opt", "seccomp=unconfined"),
        List.of("--read-only", "--tmpfs", "/run"),
        List.of("--privileged"),
        List.of("--pid", "host", "--ipc", "host", "--uts", "host"),
        List.of("-t", "--init", "--shm-size", "16m", "--ulimit", "nofile=100:200"));
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void process_seesWhatItSeesUnderDocker(List<String> options) throws Exception {
    Map<String, String> ours = facts(cli, options);
    Map<String, String> theirs = facts(docker, options);
    assertThat(theirs).hasSizeGreaterThan(100);
    List<Row> explained = explained();
    List<String> surprises = new ArrayList<>();
    TreeSet<String> all = new TreeSet<>(ours.keySet());
    all.addAll(theirs.keySet());
    for (String fact : all) {
      String here = ours.getOrDefault(fact, "absent");
      String there = theirs.getOrDefault(fact, "absent");
      if (!here.equals(there)
          && explained.stream().noneMatch(row -> row.explains(fact, here, there))) {
        surprises.add("| %s | %s | %s | |".formatted(fact, here, there));
      }
    }
    assertThat(surprises)
        .as(
            "differences with "
                + options
                + " that have no row in "
                + TABLE
                + "\n"
                + String.join("\n", surprises))
        .isEmpty();
  }

  /// A row of the table.
  private record Row(Pattern fact, Pattern here, Pattern there) {
    boolean explains(String fact, String here, String there) {
      return this.fact.matcher(fact).matches()
          && this.here.matcher(here).matches()
          && this.there.matcher(there).matches();
    }
  }

  private static List<Row> explained() throws Exception {
    Pattern row = Pattern.compile("\\| `([^`]+)` \\| `([^`]+)` \\| `([^`]+)` \\| .+ \\|");
    return Files.readAllLines(TABLE).stream()
        .map(row::matcher)
        .filter(Matcher::matches)
        .map(cells -> new Row(cell(cells.group(1)), cell(cells.group(2)), cell(cells.group(3))))
        .toList();
  }

  /// `*` stands for anything.
  private static Pattern cell(String text) {
    return Pattern.compile("\\Q" + text.replace("*", "\\E.*\\Q") + "\\E");
  }

  private Map<String, String> facts(Cli client, List<String> options) {
    String script =
        "cat /proc/self/status; echo ==; cat /proc/self/mountinfo; echo ==; cat /proc/self/limits; echo ==; /probe; echo ==;"
            + " find /dev -maxdepth 1 -exec stat -c '%n %A %t:%T %U:%G' {} +; echo ==; env | grep -v ^HOSTNAME; id; umask; pwd; echo ==;"
            + " for f in /proc/sys/kernel/domainname /proc/sysrq-trigger /sys/kernel/profiling /proc/self/oom_score_adj /etc/resolv.conf /proc/1/environ;"
            + " do [ -w $f ] && echo $f writable || echo $f not; done";
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-v", probe + ":/probe:ro", "busybox", "sh", "-c", script));
    String output =
        client.once(arguments.toArray(String[]::new)).expect(0).stdout().replace("\r", "");
    String[] parts = output.split("==\n", -1);
    assertThat(parts).as(output).hasSize(7);
    Map<String, String> facts = new TreeMap<>();
    parts[0]
        .lines()
        .map(line -> line.split(":\\s*", 2))
        .filter(field -> !PASSING.matcher(field[0]).matches())
        .forEach(field -> facts.put("status " + field[0], field[1].strip()));
    mounts(parts[1], facts);
    parts[2]
        .lines()
        .skip(1)
        .forEach(
            line ->
                facts.put(
                    "limit " + line.substring(0, 26).strip(),
                    line.substring(26).strip().replaceAll(" +", " ")));
    parts[3]
        .lines()
        .map(line -> line.split(" (?=[0-9]+$)", 2))
        .forEach(field -> facts.put("call " + field[0], "errno " + field[1]));
    parts[4]
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(field -> facts.put("device " + field[0], field[1]));
    facts.put("environment", parts[5].lines().sorted().collect(Collectors.joining(" ")));
    parts[6]
        .lines()
        .map(line -> line.split(" ", 2))
        .forEach(field -> facts.put("access " + field[0], field[1]));
    return facts;
  }

  /// By mount point: options, propagation, type and the file system's own options; without numbers
  /// and host paths.
  private static void mounts(String mountinfo, Map<String, String> facts) {
    for (String line : mountinfo.lines().toList()) {
      String[] halves = line.split(" - ", 2);
      String[] left = halves[0].split(" ", -1);
      String[] right = halves[1].split(" ", 3);
      String propagation =
          Stream.of(left)
              .skip(6)
              .map(field -> field.replaceAll(":.*", ""))
              .collect(Collectors.joining(","));
      String own =
          Stream.of(right[2].split(",", -1))
              .filter(option -> !option.matches("(lower|upper|work)dir.*"))
              .collect(Collectors.joining(","));
      facts.merge(
          "mount " + left[4],
          "%s %s %s %s".formatted(left[5], propagation, right[0], own),
          (one, two) -> one + " + " + two);
    }
  }
}
