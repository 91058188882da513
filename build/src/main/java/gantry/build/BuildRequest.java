package gantry.build;

import gantry.oci.Platform;
import gantry.oci.Reference;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What a build is asked for.
///
/// @param context where files come from; closed by the build
/// @param tags names of the image
/// @param target the stage to build; empty for the last one
/// @param arguments values of `ARG`s; a name without a value takes none
/// @param labels added to the image's
/// @param platforms what the image is for; empty for the machine's own
/// @param pull whether base images are looked up at their registry again
/// @param secrets for `RUN --mount=type=secret`, by id; in memory only
/// @param agents for `RUN --mount=type=ssh`, by id: the socket of an agent, as a path in the mount
///   namespace of the engine
/// @param contexts named contexts of `--build-context`
/// @param sourceDateEpoch the time that the image says it was made at, instead of now
/// @param rewriteTimestamps whether files newer than `sourceDateEpoch` get that time
/// @param explain whether to tell why each step was or was not in the cache
public record BuildRequest(
    ContextSource context,
    DockerfileSource dockerfile,
    List<Reference> tags,
    Optional<String> target,
    Map<String, Optional<String>> arguments,
    Map<String, String> labels,
    List<Platform> platforms,
    CacheUse cache,
    boolean pull,
    Map<String, Secret> secrets,
    Map<String, String> agents,
    Map<String, ContextSource> contexts,
    StepOptions steps,
    Optional<Instant> sourceDateEpoch,
    boolean rewriteTimestamps,
    boolean explain) {

  /// Where the Dockerfile is.
  public sealed interface DockerfileSource {
    /// A file of the context; its path in it, `Dockerfile` usually.
    record InContext(String path) implements DockerfileSource {}

    /// Given as text, from standard input say.
    record Text(String name, String text) implements DockerfileSource {}
  }

  /// What the cache may be used for.
  ///
  /// @param none no step is taken from it
  /// @param noneOfStages no step of these stages is
  /// @param required fails instead of running a step that is not in it
  public record CacheUse(boolean none, Set<String> noneOfStages, boolean required) {
    /// All of it.
    public static final CacheUse ALL = new CacheUse(false, Set.of(), false);
  }

  /// How the commands of steps are run.
  ///
  /// @param network `default`, `none`, `host`, or the name of a network
  /// @param extraHosts `name:address`
  /// @param insecureAllowed whether `RUN --security=insecure` may be
  /// @param hostNetworkAllowed whether `RUN --network=host` may be
  /// @param cgroupParent empty for the engine's own
  /// @param memoryBytes 0 for no limit; so all the limits
  /// @param ulimits `name=soft:hard`
  /// @param timeLimit of one command; empty for none
  public record StepOptions(
      String network,
      List<String> extraHosts,
      boolean insecureAllowed,
      boolean hostNetworkAllowed,
      String cgroupParent,
      long memoryBytes,
      long memorySwapBytes,
      long cpuShares,
      long cpuPeriod,
      long cpuQuota,
      String cpusetCpus,
      String cpusetMems,
      long sharedMemoryBytes,
      List<String> ulimits,
      List<String> securityOptions,
      Optional<Duration> timeLimit) {
    /// Nothing asked for.
    public static final StepOptions NONE =
        new StepOptions(
            "default",
            List.of(),
            false,
            false,
            "",
            0,
            0,
            0,
            0,
            0,
            "",
            "",
            0,
            List.of(),
            List.of(),
            Optional.empty());
  }
}
