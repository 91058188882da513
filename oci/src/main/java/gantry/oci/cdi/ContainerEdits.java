package gantry.oci.cdi;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import gantry.oci.FormatException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What is added to a container's config so that it can use a device.
///
/// Spec: Container Device Interface 1.0, `SPEC.md`, "OCI Edits".
///
/// @param env `NAME=value`
/// @param additionalGids groups that the container's program is in besides
/// @param intelRdt kept to be refused: Gantry does not set it
/// @param netDevices as `intelRdt`
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ContainerEdits(
    List<String> env,
    List<DeviceNode> deviceNodes,
    List<Mount> mounts,
    List<Hook> hooks,
    List<Long> additionalGids,
    @Nullable JsonNode intelRdt,
    @Nullable JsonNode netDevices) {
  /// Nothing at all.
  public static final ContainerEdits NONE =
      new ContainerEdits(List.of(), List.of(), List.of(), List.of(), List.of(), null, null);

  private static final long GID_MAX = 0xffff_fffeL;

  private static final Set<String> HOOKS =
      Set.of(
          "prestart",
          "createRuntime",
          "createContainer",
          "startContainer",
          "poststart",
          "poststop");

  public ContainerEdits {
    env = list(env);
    deviceNodes = list(deviceNodes);
    mounts = list(mounts);
    hooks = list(hooks);
    additionalGids = list(additionalGids);
    for (String variable : env) {
      if (variable.indexOf('=') <= 0) {
        throw new FormatException("invalid variable '%s': expected NAME=value".formatted(variable));
      }
    }
    for (long gid : additionalGids) {
      if (gid < 0 || gid > GID_MAX) {
        throw new FormatException("invalid group " + gid);
      }
    }
  }

  /// A device node.
  ///
  /// @param path in the container
  /// @param hostPath where the host has it; empty for the same path
  /// @param type `b`, `c`, `u` or `p`; empty for what the host's node is
  /// @param major of the device, null for that of the host's node
  /// @param minor as `major`
  /// @param fileMode permission bits, null for those of the host's node
  /// @param permissions what the container may do with it, of `rwm`; empty for all
  /// @param uid owner, null for the container's user
  /// @param gid as `uid`
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record DeviceNode(
      String path,
      String hostPath,
      String type,
      @Nullable Long major,
      @Nullable Long minor,
      @Nullable Integer fileMode,
      String permissions,
      @Nullable Integer uid,
      @Nullable Integer gid) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
    public DeviceNode {
      path = absolute("device node", path);
      hostPath = hostPath == null || hostPath.isEmpty() ? path : absolute("device node", hostPath);
      type = type == null ? "" : type;
      permissions = permissions == null ? "" : permissions;
      if (!type.matches("[bcup]?")) {
        throw new FormatException("invalid type '%s' of device node '%s'".formatted(type, path));
      }
      if (!permissions.matches("[rwm]{0,3}")) {
        throw new FormatException(
            "invalid permissions '%s' of device node '%s'".formatted(permissions, path));
      }
    }
  }

  /// A mount of something of the host.
  ///
  /// @param type file system type; empty for a bind mount
  /// @param options as of mount(8)
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Mount(String hostPath, String containerPath, String type, List<String> options) {
    @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
    public Mount {
      hostPath = hostPath == null ? "" : hostPath;
      containerPath = absolute("mount", containerPath);
      type = type == null ? "" : type;
      options = list(options);
      if (hostPath.isEmpty()) {
        throw new FormatException("mount '" + containerPath + "' has no hostPath");
      }
    }
  }

  /// A program of the host to run on the way.
  ///
  /// @param hookName when: `createContainer`
  /// @param timeout in seconds, null for none
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Hook(
      String hookName,
      String path,
      List<String> args,
      List<String> env,
      @Nullable Integer timeout) {
    public Hook {
      path = absolute("hook", path);
      args = list(args);
      env = list(env);
      if (hookName == null || !HOOKS.contains(hookName)) {
        throw new FormatException("unknown hook '%s' ('%s')".formatted(hookName, path));
      }
    }
  }

  private static String absolute(String what, @Nullable String path) {
    if (path == null || !path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw new FormatException("invalid path '%s' of a %s: not absolute".formatted(path, what));
    }
    return path;
  }

  private static <T> List<T> list(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }
}
