package gantry.cli.build;

import gantry.cli.create.ImageName;
import gantry.cli.create.UlimitSpec;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import java.util.ArrayList;
import java.util.List;

/// The flags of `build`.
final class BuildFlags {
  private static final List<String> PROGRESS =
      List.of("auto", "none", "plain", "quiet", "rawjson", "tty");

  /// What Docker's builders have and this one has not: said when it is used, so that nobody finds
  /// out later.
  static final List<String> ABSENT =
      List.of("annotation", "attest", "cache-to", "push", "squash", "call");

  private BuildFlags() {}

  static List<Flag> table() {
    List<Flag> flags = new ArrayList<>(64);
    what(flags);
    cache(flags);
    steps(flags);
    result(flags);
    without(flags);
    return List.copyOf(flags);
  }

  private static void what(List<Flag> flags) {
    flags.add(Flag.text("file", 'f', "The Dockerfile (default \"PATH/Dockerfile\"); - for stdin"));
    flags.add(Flag.text("target", "Build this stage instead of the last one"));
    flags.add(
        Flag.list("tag", 't', "Name of the image, and a tag (name:tag)").checked(BuildFlags::tag));
    flags.add(Flag.list("build-arg", "Set a variable of the build (name=value)"));
    flags.add(
        Flag.list(
            "build-context", "A further context (name=path|URL|docker-image://image|archive.tar)"));
    flags.add(Flag.list("label", "Label the image"));
    flags.add(Flag.of(FlagType.STRINGS, "platform", "Platform of the image (os[/arch[/variant]])"));
    flags.add(Flag.bool("pull", "Look base images up at their registry again"));
    flags.add(Flag.list("secret", "A secret for the build (id=name[,src=file|env=variable])"));
    flags.add(Flag.list("ssh", "An SSH agent for the build (default|id[=socket])"));
    flags.add(Flag.bool("check", "Check the Dockerfile, and build nothing"));
  }

  private static void cache(List<Flag> flags) {
    flags.add(Flag.bool("no-cache", "Run every step anew"));
    flags.add(Flag.list("no-cache-filter", "Run the steps of these stages anew"));
    flags.add(Flag.bool("require-cached", "Fail instead of running a step that is not cached"));
    flags.add(Flag.bool("explain", "Say of each step why it was, or was not, cached"));
    flags.add(Flag.list("cache-from", "Accepted; what was built here is found without it").hide());
  }

  private static void steps(List<Flag> flags) {
    flags.add(Flag.list("add-host", "A further line of /etc/hosts in RUN (name:address)"));
    flags.add(Flag.list("allow", "Allow more to RUN: network.host, security.insecure"));
    flags.add(Flag.text("cgroup-parent", "Parent cgroup of RUN's containers"));
    flags.add(Flag.text("network", "Network of RUN").preset("default"));
    flags.add(Flag.of(FlagType.BYTES, "memory", 'm', "Memory limit of a RUN"));
    flags.add(Flag.of(FlagType.SWAP, "memory-swap", "Limit of memory and swap of a RUN; -1: none"));
    flags.add(Flag.of(FlagType.INT, "cpu-shares", 'c', "Relative weight of CPU time of a RUN"));
    flags.add(Flag.of(FlagType.INT, "cpu-period", "Length of a CPU period in microseconds"));
    flags.add(Flag.of(FlagType.INT, "cpu-quota", "CPU time in a period in microseconds"));
    flags.add(Flag.text("cpuset-cpus", "CPUs that a RUN may use (0-3, 0,1)"));
    flags.add(Flag.text("cpuset-mems", "Memory nodes that a RUN may use (0-3, 0,1)"));
    flags.add(Flag.of(FlagType.STRINGS, "security-opt", "Security options of RUN's containers"));
    flags.add(Flag.of(FlagType.BYTES, "shm-size", "Size of /dev/shm in RUN"));
    flags.add(
        Flag.of(FlagType.ULIMIT, "ulimit", "Resource limit in RUN (name=soft[:hard])")
            .checked(UlimitSpec::parse));
  }

  private static void result(List<Flag> flags) {
    flags.add(Flag.list("output", 'o', "Where the image goes (type=image|docker|oci[,dest=file])"));
    flags.add(Flag.bool("load", "Keep the image in the engine, as is always done").hide());
    flags.add(Flag.text("iidfile", "Write the image's ID to a file"));
    flags.add(Flag.text("metadata-file", "Write facts about the image to a file, as JSON"));
    flags.add(
        Flag.text("progress", "How progress is shown: " + String.join(", ", PROGRESS))
            .preset("auto")
            .checked(BuildFlags::progress));
    flags.add(Flag.bool("quiet", 'q', "Print nothing but the image's ID"));
    flags.add(Flag.text("report", "Write a page about the build to a file, as HTML"));
  }

  /// Flags that change nothing here, or cannot be obeyed.
  private static void without(List<Flag> flags) {
    for (String ignored : List.of("rm", "force-rm", "compress", "disable-content-trust")) {
      flags.add(Flag.bool(ignored, "").hide());
    }
    flags.add(Flag.text("isolation", "").hide());
    flags.add(Flag.text("builder", "").hide());
    flags.add(Flag.text("provenance", "").hide());
    flags.add(Flag.text("sbom", "").hide());
    for (String absent : ABSENT) {
      boolean isSwitch = absent.equals("push") || absent.equals("squash");
      flags.add((isSwitch ? Flag.bool(absent, "") : Flag.list(absent, "")).hide());
    }
  }

  private static void tag(String text) {
    if (!ImageName.parse(text).digest().isEmpty()) {
      throw new IllegalArgumentException("refusing to create a tag with a digest reference");
    }
  }

  private static void progress(String text) {
    if (!PROGRESS.contains(text)) {
      throw new IllegalArgumentException("must be one of " + String.join(", ", PROGRESS));
    }
  }
}
