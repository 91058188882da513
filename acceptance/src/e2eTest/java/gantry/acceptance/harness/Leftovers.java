package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What a daemon has in the kernel and on disk, to be compared before and after: mounts, cgroups,
/// processes, links, firewall rules, folders.
public final class Leftovers {
  private static final Pattern VETH_ELEMENT =
      Pattern.compile("\"veth[0-9a-f]{7}\"(?: \\. [0-9a-f.:]+)?,?");

  private final GantryDaemon daemon;
  private final Set<String> before;

  private Leftovers(GantryDaemon daemon) {
    this.daemon = daemon;
    before = new HashSet<>(now(daemon));
  }

  /// Remembers what there is now.
  public static Leftovers since(GantryDaemon daemon) {
    return new Leftovers(daemon);
  }

  /// Waits until there is nothing new, and else fails with what there is.
  public void expectNone() {
    Await.until("nothing left over", () -> String.join("\n", added()), () -> added().isEmpty());
  }

  /// The same, where entries that begin with `expected` do not count.
  public void expectNoneBut(String expected) {
    Await.until(
        "nothing left over",
        () -> String.join("\n", added()),
        () -> added().stream().allMatch(entry -> entry.startsWith(expected)));
  }

  private List<String> added() {
    List<String> all = new ArrayList<>(now(daemon));
    all.removeAll(before);
    return all;
  }

  private static List<String> now(GantryDaemon daemon) {
    List<String> all = new ArrayList<>();
    mounts(daemon).forEach(mount -> all.add("mount " + mount));
    groups(daemon).forEach(group -> all.add("cgroup " + group));
    processes(daemon).forEach(process -> all.add("process " + process));
    // Pairs made ahead of need have names of their own each time: what counts is how many there
    // are.
    long pairs = links(daemon).stream().filter(link -> link.startsWith("veth")).count();
    LongStream.range(0, pairs).forEach(i -> all.add("link veth, number " + i));
    links(daemon).stream()
        .filter(link -> !link.startsWith("veth"))
        .forEach(link -> all.add("link " + link));
    rules(daemon, all);
    for (String folder :
        List.of(
            "data/containers", "data/snapshots", "data/blobs/sha256", "exec/containers", "exec")) {
      entries(daemon.folder().resolve(folder)).forEach(entry -> all.add("file " + entry));
    }
    return all;
  }

  /// Elements about pairs are counted, as the pairs are.
  private static void rules(GantryDaemon daemon, List<String> all) {
    String ruleset = String.join("\n", inNamespace(daemon, "nft", "list", "ruleset"));
    long elements = VETH_ELEMENT.matcher(ruleset).results().count();
    LongStream.range(0, elements).forEach(i -> all.add("element of a veth, number " + i));
    VETH_ELEMENT
        .matcher(ruleset)
        .replaceAll("")
        .lines()
        .map(String::strip)
        .filter(line -> !line.matches("|}|elements = \\{\\s*}?"))
        .forEach(line -> all.add("rule " + line));
  }

  private static List<String> mounts(GantryDaemon daemon) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/mountinfo"))) {
      return lines.filter(line -> line.contains(daemon.folder().toString())).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the mounts", e);
    }
  }

  private static List<String> groups(GantryDaemon daemon) {
    List<String> groups = new ArrayList<>();
    for (Path hierarchy : entries(Path.of("/sys/fs/cgroup"))) {
      Path parent = hierarchy.resolve(daemon.id());
      entries(parent).stream().filter(Files::isDirectory).map(Path::toString).forEach(groups::add);
    }
    entries(Path.of("/sys/fs/cgroup", daemon.id())).stream()
        .filter(Files::isDirectory)
        .map(Path::toString)
        .forEach(groups::add);
    return groups;
  }

  /// Processes in the daemon's cgroups, or with a file of its folder open.
  private static List<String> processes(GantryDaemon daemon) {
    List<String> processes = new ArrayList<>();
    for (Path process : entries(Path.of("/proc"))) {
      String pid = process.getFileName().toString();
      if (pid.matches("[0-9]+")
          && Long.parseLong(pid) != ProcessHandle.current().pid()
          && belongs(process, daemon)) {
        processes.add(pid + " " + read(process.resolve("comm")).strip());
      }
    }
    return processes;
  }

  private static boolean belongs(Path process, GantryDaemon daemon) {
    String status = read(process.resolve("status"));
    if (status.contains("State:\tZ") && !status.contains("PPid:\t" + daemon.pid() + "\n")) {
      return false; // ended, and it is for another process to notice
    }
    if (read(process.resolve("cgroup")).contains("/" + daemon.id() + "/")) {
      return true;
    }
    return entries(process.resolve("fd")).stream()
        .anyMatch(fd -> target(fd).startsWith(daemon.folder().toString()));
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException _) { // closed since it was listed
      return "";
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException _) { // the process ended since it was listed
      return "";
    }
  }

  private static List<Path> entries(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.toList();
    } catch (IOException | UncheckedIOException _) { // gone since
      return List.of();
    }
  }

  private static List<String> links(GantryDaemon daemon) {
    return inNamespace(daemon, "ip", "-br", "link").stream()
        .map(link -> link.replaceAll("[@ ].*", ""))
        .toList();
  }

  private static List<String> inNamespace(GantryDaemon daemon, String... command) {
    List<String> line = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + daemon.id()));
    line.addAll(List.of(command));
    return Subprocess.run(line).expect(0).lines();
  }
}
